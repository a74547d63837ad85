"""The rules for what a machine trusts already: every root from the pinned one on, and what the last one vouches for.

Nothing here looks at a clock: whoever renews what has expired trusts it until then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from securesystemslib.signer import Key, SSlibKey
from tuf.api.metadata import Root, Targets

from ceremony.core import strict_json
from ceremony.core.listed_keys import doubled_keys, wrong_keyids
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tally import Quorum, Standing, tally
from ceremony.errors import TamperedError


@dataclass(frozen=True, slots=True)
class TrustedCase:
    """What a repository shows to a machine that has pinned a root.

    `shown` are the repository's roots from the pinned version on, by version, its copy of the pinned one among them if
    it has one. `files` are the newest targets and what targets delegates to offline, by role.
    """

    pinned: MetadataFile
    shown: tuple[MetadataFile, ...]
    files: Mapping[str, MetadataFile]

    @property
    def roots(self) -> tuple[MetadataFile, ...]:
        """The chain: the pinned root itself, and every later one."""
        return (self.pinned, *(each for each in self.shown if each.version > self.pinned.version))

    @property
    def every_file(self) -> Iterator[MetadataFile]:
        """The chain, then the other files."""
        yield from self.roots
        yield from self.files.values()

    @property
    def delegated(self) -> Iterator[MetadataFile]:
        """The files that targets delegates to."""
        return (file for role, file in self.files.items() if role != "targets")


@dataclass(frozen=True, slots=True)
class ShownBundle:
    """A bundle that is shown in place of a repository: what it was made for."""

    purpose: str


SHOWN_RULES: RuleBook[ShownBundle] = RuleBook()


@SHOWN_RULES.rule("TRUSTED-RELEASE", "only sealed metadata is published")
def trusted_release(case: ShownBundle) -> None:
    """Of the bundles of a ceremony only a release stands for what is published."""
    if case.purpose != "release":
        raise Objection(f"a bundle for a {case.purpose}", "a release, or the metadata folder of the repository")


TRUSTED_RULES: RuleBook[TrustedCase] = RuleBook()


@TRUSTED_RULES.rule("TRUSTED-READABLE", "TUF 4.2 to 4.5; the bytes that a client reads are the bytes that were signed")
def trusted_readable(case: TrustedCase) -> None:
    """Clients of today can read every file, with keys of kinds that they know, and read the bytes that were signed."""
    for file in case.every_file:
        trouble = trouble_reading(file)
        if trouble:
            raise Objection(f"{file.name}: {trouble}", "metadata that clients of today can read")


@TRUSTED_RULES.rule("TRUSTED-FORK", "TUF 5.3: there is one root of each version")
def trusted_fork(case: TrustedCase) -> None:
    """The repository's copy of the pinned root says what the pinned root says."""
    if any(is_fork(each, case.pinned) for each in case.shown):
        raise Objection(f"{case.pinned.name} with other content than the pinned root of that version", "the same root")


@TRUSTED_RULES.rule("TRUSTED-NEXT", "TUF 5.3.5")
def trusted_next(case: TrustedCase) -> None:
    """Every root is exactly one version above the one before it: none is missing."""
    for before, file in pairwise(case.roots):
        if file.version != before.version + 1:
            raise Objection(f"{file.name} after {before.name}", f"{before.version + 1}.root.json")


@TRUSTED_RULES.rule("TRUSTED-KEYID", "TUF 4.2.1: the keyid is the hash of the canonical key")
def trusted_keyid(case: TrustedCase) -> None:
    """In the last root and in what it vouches for, every key stands under the hash of itself."""
    # Nobody can mend an older root any more, and its keys are counted by what they are (TRUSTED-DISTINCT).
    for file in (case.roots[-1], *case.files.values()):
        for keyid, wanted in wrong_keyids(content_of(file)):
            raise Objection(f"{file.name}: a key under the keyid {keyid[:16]}", f"its own hash, {wanted[:16]}")


@TRUSTED_RULES.rule("TRUSTED-DISTINCT", "TUF 5.3.4: a threshold counts keys, not names of keys")
def trusted_distinct(case: TrustedCase) -> None:
    """In no role does one public key stand under two keyids, whatever its spelling."""
    for file in case.every_file:
        for role in doubled_keys(content_of(file)):
            raise Objection(f"{file.name}: one public key twice in {role}", "as many public keys as keyids")


@TRUSTED_RULES.rule("TRUSTED-PINNED", "TUF 5.2, 5.3.4")
def trusted_pinned(case: TrustedCase) -> None:
    """The pinned root is signed by as many of its own keys as it asks for."""
    _refuse_short(case.pinned, root_standings(None, case.pinned))


@TRUSTED_RULES.rule("TRUSTED-CHAIN", "TUF 5.3.4")
def trusted_chain(case: TrustedCase) -> None:
    """Every root is signed by as many keys of the root before it as that asks for, and by as many of its own."""
    for before, file in pairwise(case.roots):
        _refuse_short(file, root_standings(before, file))


@TRUSTED_RULES.rule("TRUSTED-TARGETS", "TUF 5.6.3")
def trusted_targets(case: TrustedCase) -> None:
    """The newest targets is signed by as many of its keys as the last root asks for."""
    if "targets" in case.files:
        file = case.files["targets"]
        _refuse_short(file, (standing_under(case.roots[-1], file),))


@TRUSTED_RULES.rule("TRUSTED-DELEGATED", "TUF 5.6.7.2")
def trusted_delegated(case: TrustedCase) -> None:
    """The newest file of each delegation is signed by as many of its keys as targets asks for."""
    for file in case.delegated:
        _refuse_short(file, (standing_under(case.files["targets"], file),))


def trouble_reading(file: MetadataFile) -> str:
    """Why a client of today cannot read this file, or would verify other bytes than these; "" if it can."""
    try:
        signed = delegator_of(file)
    except TamperedError as error:
        return error.what
    if strict_json.encode(signed.to_dict()) != file.payload:
        return "it is read as other bytes than these"
    strange = [f"{key.keytype}/{key.scheme}" for key in _keys(signed).values() if not isinstance(key, SSlibKey)]
    return f"keys of an unknown kind, {strange[0]}" if strange else ""


def is_fork(file: MetadataFile, pinned: MetadataFile) -> bool:
    """True when this root has the version of the pinned one, and says something else."""
    return file.version == pinned.version and file.payload != pinned.payload


def root_standings(before: MetadataFile | None, file: MetadataFile) -> tuple[Standing, ...]:
    """How a root stands under the root before it, if there is one, and under itself, in this order.

    Raises: TamperedError if either cannot be read.   Spec: 5.3.4.
    """
    return tuple(standing_under(each, file) for each in (before, file) if each is not None)


def standing_under(delegator: MetadataFile, file: MetadataFile) -> Standing:
    """How a file stands under the metadata that says who signs it.

    Raises: TamperedError if that cannot be read, or says nothing of this role.
    """
    signed = delegator_of(delegator)
    try:
        role = signed.get_delegated_role(file.role)
    except ValueError as error:
        raise TamperedError(f"no delegation to {file.role}", delegator.name) from error
    keys = _keys(signed)
    # A keyid without its key can sign nothing: clients pass over it, and so does this count.
    listed = {keyid: keys[keyid] for keyid in role.keyids if keyid in keys}
    by = f"{delegator.role} {delegator.version}"
    return tally((file,), (Quorum(file.role, by, role.threshold, MappingProxyType(listed)),))[0]


def delegator_of(file: MetadataFile) -> Root | Targets:
    """The root or the targets in this file.

    Raises: TamperedError if there is none.
    """
    return root_of(file) if file.role == "root" else targets_of(file)


def content_of(file: MetadataFile) -> strict_json.Json:
    """What this file says, as it is spelled there."""
    return strict_json.decode_canonical(file.payload, file.name)


def shortage(standings: tuple[Standing, ...]) -> str:
    """Which quorums are short, such as `1 of 2 under root 3`; "" if none is."""
    return ", ".join(
        f"{len(each.signed)} of {each.threshold} under {each.by}" for each in standings if not each.is_complete
    )


def _refuse_short(file: MetadataFile, standings: tuple[Standing, ...]) -> None:
    short = shortage(standings)
    if short:
        raise Objection(f"{file.name} with too few signatures: {short}", "as many as each of these asks for")


def _keys(signed: Root | Targets) -> Mapping[str, Key]:
    delegator = signed if isinstance(signed, Root) else signed.delegations
    return {} if delegator is None else delegator.keys
