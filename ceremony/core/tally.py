"""Who has signed and who is missing, worked out from signatures alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Key, Signature, SSlibKey
from tuf.api.metadata import Role, Root, Targets

from ceremony.core.metadata_file import SIGNATURE_HEX, MetadataFile
from ceremony.core.signed import root_of, targets_of
from ceremony.errors import TamperedError


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who may sign one role, and how many of them have to; `by` names the metadata that says so, such as `root 1`."""

    role: str
    by: str
    threshold: int
    keys: Mapping[str, Key]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one quorum has come: keyids in the quorum's order, each in `signed` or in `missing`."""

    role: str
    by: str
    threshold: int
    signed: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """True when as many have signed as have to."""
        return len(self.signed) >= self.threshold

    @property
    def progress(self) -> str:
        """How many have signed, in a few characters: `1 of 2`, or `3 (2 needed)`; "3 of 2" would puzzle people."""
        signed, needed = len(self.signed), self.threshold
        return f"{signed} of {needed}" if signed <= needed else f"{signed} ({needed} needed)"


def quorums_of(
    files: tuple[MetadataFile, ...], held: Mapping[str, MetadataFile] = MappingProxyType({})
) -> tuple[Quorum, ...]:
    """The quorums that sign these files: a root under the trusted root's keys and under its own, if it follows one.

    Targets are signed under the root that will hold, delegated roles and bins under the targets that will hold; `held`
    is what is trusted already, by role.
    Raises: TamperedError if a payload is no such metadata.   Spec: 5.3.4, 5.6.3.
    """
    drafted = {each.role: each for each in files}
    holds = {**held, **drafted}
    if not {"root", "targets"} <= holds.keys():
        raise TamperedError("no root or no targets", "draft")
    root, targets = root_of(holds["root"]), targets_of(holds["targets"])
    old = (_of_root(root_of(held["root"]), "root"),) if "root" in held and "root" in drafted else ()
    # One that nobody delegates to is asked for too, and refused there.
    named = dict.fromkeys((*_delegated(targets), *(role for role in drafted if role not in ("root", "targets"))))
    below = (_of_targets(targets, role) for role in named if role in drafted)
    every = (*old, _of_root(root, "root"), _of_root(root, "targets"), *below)
    return tuple(each for each in every if each.role in drafted)


def tally(files: tuple[MetadataFile, ...], quorums: tuple[Quorum, ...]) -> tuple[Standing, ...]:
    """How each quorum stands, in the order of `quorums`. A signature that does not verify counts as missing."""
    by_role = {each.role: each for each in files}
    return tuple(_stand(quorum, by_role.get(quorum.role)) for quorum in quorums)


def verified(file: MetadataFile, key: Key, sig_hex: str) -> bool:
    """True when `sig_hex` is a signature of the file's payload by `key`, written as files write it."""
    if not SIGNATURE_HEX.fullmatch(sig_hex):
        return False
    try:
        _countable(key).verify_signature(Signature(key.keyid, sig_hex), file.payload)
    except (UnverifiedSignatureError, VerificationError, ValueError):
        return False
    return True


def may_sign(role: str, quorums: tuple[Quorum, ...]) -> Mapping[str, Key]:
    """Every key that counts for this role in some quorum, by keyid."""
    return {keyid: key for quorum in quorums if quorum.role == role for keyid, key in quorum.keys.items()}


def sound(file: MetadataFile, quorums: tuple[Quorum, ...]) -> MetadataFile:
    """The file with only those of its signatures that count: valid ones, by keys that may sign it."""
    keys = may_sign(file.role, quorums)
    counting = {
        keyid: sig_hex
        for keyid, sig_hex in file.signatures.items()
        if keyid in keys and verified(file, keys[keyid], sig_hex)
    }
    return replace(file, signatures=MappingProxyType(counting))


def merge(ours: MetadataFile, theirs: MetadataFile) -> MetadataFile:
    """One file with the signatures of both; the order of the two does not matter, nor does merging again.

    Of two signatures by one key it keeps the smaller one, valid or not: merge what is `sound`.
    Raises: TamperedError if the payloads differ.
    """
    if (ours.role, ours.version, ours.payload) != (theirs.role, theirs.version, theirs.payload):
        raise TamperedError("another payload than the one being signed", theirs.name)
    both = {
        keyid: min(file.signatures[keyid] for file in (ours, theirs) if keyid in file.signatures)
        for keyid in {**ours.signatures, **theirs.signatures}
    }
    return replace(ours, signatures=MappingProxyType(both))


def _stand(quorum: Quorum, file: MetadataFile | None) -> Standing:
    signed = tuple(
        keyid
        for keyid, key in quorum.keys.items()
        if file is not None and keyid in file.signatures and verified(file, key, file.signatures[keyid])
    )
    missing = tuple(keyid for keyid in quorum.keys if keyid not in signed)
    return Standing(quorum.role, quorum.by, quorum.threshold, signed, missing)


def _of_root(root: Root, role: str) -> Quorum:
    return _quorum(role, f"root {root.version}", root.roles[role], root.keys)


def _of_targets(targets: Targets, role: str) -> Quorum:
    delegations = targets.delegations
    if delegations is None or delegations.roles is None or role not in delegations.roles:
        raise TamperedError(f"no delegation to {role}", "targets")
    return _quorum(role, f"targets {targets.version}", delegations.roles[role], delegations.keys)


def _delegated(targets: Targets) -> tuple[str, ...]:
    return () if targets.delegations is None else tuple(targets.delegations.roles or {})


def _quorum(role: str, by: str, found: Role, keys: Mapping[str, Key]) -> Quorum:
    unlisted = [keyid for keyid in found.keyids if keyid not in keys]
    if unlisted:
        raise TamperedError(f"{role} is signed by a key that is not listed", by)
    return Quorum(role, by, found.threshold, MappingProxyType({keyid: keys[keyid] for keyid in found.keyids}))


def _countable(key: Key) -> Key:
    # securesystemslib warns of the old keytypes, which were named like their schemes; the signatures are the same.
    if isinstance(key, SSlibKey) and key.keytype == key.scheme and key.scheme.startswith("ecdsa-"):
        return SSlibKey(key.keyid, "ecdsa", key.scheme, key.keyval)
    return key
