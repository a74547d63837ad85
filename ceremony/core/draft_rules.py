"""The rules that unsigned metadata keeps, checked on the exact bytes: before a device is touched, and at the seal."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Role, Root, SuccinctRoles, Targets

from ceremony.core import strict_json
from ceremony.core.attestation_rules import device_of
from ceremony.core.bin_delegation import snapshot_bytes
from ceremony.core.delegating import EVERY_PREFIX
from ceremony.core.draft import BIN_PREFIX, Draft, bin_prefixes, draft
from ceremony.core.keys import fields_of, rsa_size, true_keyid
from ceremony.core.left_roles import left_roles, next_version
from ceremony.core.listed_keys import public_half
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.payload_sizes import YUBIKEY_ED25519_BYTES
from ceremony.core.policy import Policy, size_limit
from ceremony.core.roster import Enrolment
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tree import roles_below

_SIGNATURE_BYTES = 1200
"""What one signature adds to a file at most, for the schemes the policy knows: keyid, sig in hex, and their syntax."""

_RSA_BITS = (2048, 4096)
"""Shorter keys can be broken; longer ones make signatures of more than _SIGNATURE_BYTES."""

_TOP_LEVEL = ("root", "targets", "snapshot", "timestamp")


@dataclass(frozen=True, slots=True)
class DraftCase:
    """A draft under this place's policy, parsed from the very bytes; `delegated` are the delegations of keyholders."""

    draft: Draft
    policy: Policy
    root: Root
    targets: Targets
    bins: Targets
    delegated: tuple[Targets, ...] = ()

    @property
    def listed_keys(self) -> Iterator[tuple[str, Key]]:
        """Every key that any of them lists, under the keyid that it is listed by."""
        below = (each.delegations for each in (self.targets, *self.delegated, self.bins))
        for delegator in (self.root, *below):
            yield from ({} if delegator is None else delegator.keys).items()


def draft_case(found: Draft, policy: Policy) -> DraftCase:
    """The case for this draft.

    Raises: TamperedError if a payload cannot be parsed.
    """
    root, targets, bins = (found.file(role) for role in ("root", "targets", "bins"))
    named = (each.name for each in found.plan.delegations if not each.is_online)
    delegated = tuple(targets_of(found.file(role)) for role in named)
    return DraftCase(found, policy, root_of(root), targets_of(targets), targets_of(bins), delegated)


DRAFT_RULES: RuleBook[DraftCase] = RuleBook()


@DRAFT_RULES.rule("DRAFT-FROM-PLAN", "the plan states the whole change")
def draft_from_plan(case: DraftCase) -> None:
    """Drafting again from plan, roster and what is trusted gives the same bytes: nothing else decided them."""
    again = draft(case.draft.plan, case.draft.roster, case.draft.before)
    found, wanted = ([(each.role, each.version, each.payload) for each in it.files] for it in (case.draft, again))
    if found != wanted:
        other = sorted({name for name, *_ in {*found} ^ {*wanted}}) or ["root, targets and bins in another order"]
        raise Objection(f"{', '.join(other)} with other bytes", "the bytes that plan and roster give")


@DRAFT_RULES.rule("CANONICAL-FORM", "TUF 4.2: canonical JSON")
def canonical_form(case: DraftCase) -> None:
    """Every payload is canonical JSON: encoding it again gives the same bytes; no floats, no duplicate keys."""
    for file in case.draft.files:
        if strict_json.encode(strict_json.decode_canonical(file.payload, file.name)) != file.payload:
            raise Objection(f"{file.name} in another form", "canonical JSON")


@DRAFT_RULES.rule("PLAIN-TEXT", "canonical JSON writes control characters raw, which no JSON parser takes")
def plain_text(case: DraftCase) -> None:
    """No payload holds a control character besides the line ends of PEM keys."""
    for file in case.draft.files:
        found = re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", file.payload)
        if found:
            raise Objection(f"{file.name} with the byte {found[0].hex()}", "text without control characters")


@DRAFT_RULES.rule("EXPIRES-FORMAT", "TUF 4.2: YYYY-MM-DDTHH:MM:SSZ")
def expires_format(case: DraftCase) -> None:
    """Expiry stands as YYYY-MM-DDTHH:MM:SSZ: UTC, whole seconds, no offset."""
    for file in case.draft.files:
        expires = _signed(file).get("expires")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(expires), re.ASCII):
            raise Objection(f"{file.role}: {expires}", "a time such as 2027-01-31T12:00:00Z")


@DRAFT_RULES.rule("SPEC-VERSION", "TUF 4.3: spec_version; clients accept their own major version")
def spec_version(case: DraftCase) -> None:
    """Every payload is written for version 1.0 of the specification."""
    for file in case.draft.files:
        found = str(_signed(file).get("spec_version"))
        if not re.fullmatch(r"1\.0\.[0-9]{1,3}", found):
            raise Objection(f"{file.role}: {found}", "1.0.x")


@DRAFT_RULES.rule("VERSION-NEXT", "TUF 5.3.5, 5.6.4")
def version_next(case: DraftCase) -> None:
    """Every payload is the next version after what is trusted, exactly; what was never there begins with version 1."""
    for file in case.draft.files:
        wanted = next_version(file.role, case.draft.before)
        found = _signed(file).get("version")
        if (file.version, found) != (wanted, wanted) or isinstance(found, bool):
            raise Objection(f"{file.role} {file.version}", f"{file.role} {wanted}")


@DRAFT_RULES.rule("KEYID-HASH", "TUF 4.2.1: the keyid is the hash of the canonical key")
def keyid_hash(case: DraftCase) -> None:
    """Every keyid is the SHA-256 of its key's canonical form; the key is spelled in the one way there is, once."""
    standing: dict[bytes | None, str] = {}
    for keyid, key in case.listed_keys:
        wanted = true_keyid(key)
        if wanted is None:
            raise Objection(f"key {keyid[:16]} in another spelling", "each public key in one spelling")
        if (keyid, key.keyid) != (wanted, wanted):
            raise Objection(f"key {keyid[:16]}", wanted[:16])
        other = standing.setdefault(public_half(fields_of(key)), keyid)
        if other != keyid:
            raise Objection(f"one public key as {other[:16]} and as {keyid[:16]}", "one keyid for each public key")


@DRAFT_RULES.rule("KEY-STRONG", "NIST SP 800-57: RSA of 2048 bits or more")
def key_strong(case: DraftCase) -> None:
    """Every RSA key has from 2048 to 4096 bits."""
    shortest, longest = _RSA_BITS
    for keyid, key in case.listed_keys:
        bits = rsa_size(key)
        if bits is not None and not shortest <= bits <= longest:
            raise Objection(f"key {keyid[:16]}, RSA of {bits} bits", f"{shortest} to {longest} bits")


@DRAFT_RULES.rule("KEY-USED", "TUF 4.3: keys that the roles name")
def key_used(case: DraftCase) -> None:
    """Every key that is listed signs some role, and every role's keys are listed."""
    by_root = {keyid for role in case.root.roles.values() for keyid in role.keyids}
    by_bins = {keyid for role in _bin_roles(case) for keyid in role.keyids}
    for named, listed in (
        (by_root, case.root.keys),
        ({keyid for role in roles_below(case.targets).values() for keyid in role.keyids}, _delegated(case.targets)),
        (by_bins, _delegated(case.bins)),
    ):
        if named != set(listed):
            raise Objection(f"keys {', '.join(sorted(keyid[:16] for keyid in named ^ set(listed)))}", "none")


@DRAFT_RULES.rule("ROLES-PRESENT", "TUF 4.3: root, targets, snapshot and timestamp are required")
def roles_present(case: DraftCase) -> None:
    """Root names root, targets, snapshot and timestamp, and nothing else."""
    if set(case.root.roles) != set(_TOP_LEVEL):
        raise Objection(", ".join(sorted(case.root.roles)), ", ".join(_TOP_LEVEL))


@DRAFT_RULES.rule("CONSISTENT-SNAPSHOT", "TUF 6.2")
def consistent_snapshot(case: DraftCase) -> None:
    """Root asks for consistent snapshots."""
    if case.root.consistent_snapshot is not True:
        raise Objection(str(case.root.consistent_snapshot), "true")


@DRAFT_RULES.rule("THRESHOLD-SIGNED", "TUF 4.3, 4.5; PEP 458: t > 1 offline")
def threshold_signed(case: DraftCase) -> None:
    """Thresholds in metadata: at least the floor offline, one online, and never more than there are keys."""
    for role, found in _offline_roles(case).items():
        if not case.policy.threshold_floor <= found.threshold <= len(found.keyids):
            raise Objection(
                f"{role}: {found.threshold} of {len(found.keyids)}", "at least two, at most all of its keys"
            )
    for role in ("snapshot", "timestamp"):
        if (case.root.roles[role].threshold, len(case.root.roles[role].keyids)) != (1, 1):
            raise Objection(f"{role}: {case.root.roles[role].threshold}", "1 of 1")


@DRAFT_RULES.rule("ONLINE-SEPARATE", "PEP 458, Managing offline keys; TUF 6.1")
def online_separate(case: DraftCase) -> None:
    """No key signs both an offline role and an online one."""
    offline = {keyid for role in _offline_roles(case).values() for keyid in role.keyids}
    online = {*case.root.roles["snapshot"].keyids, *case.root.roles["timestamp"].keyids, *_delegated(case.bins)}
    online |= {keyid for role in _online_before(case) for keyid in role.keyids}
    shared = sorted(offline & online)
    if shared:
        raise Objection(f"key {shared[0][:16]} in both", "different keys online and offline")


@DRAFT_RULES.rule("BINS-DELEGATED", "PEP 458, bins; TUF 5.6.7")
def bins_delegated(case: DraftCase) -> None:
    """Targets hands every path to bins, last of all, and keeps nothing; bins hands every path to bin-n, online."""
    role = _bins_role(case)
    named = [each.name for each in case.draft.plan.delegations]
    if [*roles_below(case.targets)] != [*named, "bins"]:
        raise Objection(", ".join(roles_below(case.targets)), ", ".join([*named, "bins"]))
    if case.targets.targets or case.bins.targets:
        raise Objection("targets of its own", "none: bin-n holds every target")
    if not role.terminating or sorted(role.path_hash_prefixes or ()) != [*EVERY_PREFIX]:
        raise Objection("a delegation that leaves paths out", "every path, by hash prefixes 0 to f, terminating")
    online = case.root.roles["timestamp"].keyids
    if any((each.keyids, each.threshold) != (online, 1) for each in (*_bin_roles(case), *_online_before(case))):
        raise Objection("an online role under another key", "the online key")
    if not _bins_are_whole(_bin_roles(case), case.draft.plan.bins.count):
        raise Objection("bins that leave paths out", f"every path in one of {case.draft.plan.bins.count} bins")


@DRAFT_RULES.rule("CLIENT-SIZE", "client limits of python-tuf and go-tuf; TUF 5.3.3, 5.5.2")
def client_size(case: DraftCase) -> None:
    """Every file, with all its signatures, and the snapshot it leads to stay below the limits of common clients."""
    for file in case.draft.files:
        size = len(file.encode()) + _SIGNATURE_BYTES * len(case.draft.plan.holders_of(file.role))
        _refuse_size(file.role, size)
    _refuse_size("snapshot", snapshot_bytes(case.draft.plan.bins.count, _names_listed(case)))


@DRAFT_RULES.rule("PAYLOAD-FITS", "a YubiKey takes the whole message for Ed25519, in one command")
def payload_fits(case: DraftCase) -> None:
    """A payload that a YubiKey is to sign with Ed25519 has at most 3000 bytes."""
    plan, roster = case.draft.plan, case.draft.roster
    for file in case.draft.files:
        held = (roster.of(holder.name) for holder in plan.holders_of(file.role))
        short = [each.keyholder for each in held if each is not None and _signs_short(each)]
        if short and len(file.payload) > YUBIKEY_ED25519_BYTES:
            raise Objection(
                f"{file.name} of {len(file.payload)} bytes for the Ed25519 key of {', '.join(short)} on a YubiKey",
                f"{YUBIKEY_ED25519_BYTES} bytes or less",
            )


def _signs_short(found: Enrolment) -> bool:
    return found.key["scheme"] == "ed25519" and device_of(found) == "YubiKey"


def _signed(file: MetadataFile) -> Mapping[str, object]:
    signed = strict_json.decode_canonical(file.payload, file.name)
    return signed if isinstance(signed, Mapping) else {}


def _delegated(targets: Targets) -> Mapping[str, Key]:
    return {} if targets.delegations is None else targets.delegations.keys


def _bins_role(case: DraftCase) -> DelegatedRole:
    roles = roles_below(case.targets)
    if "bins" not in roles:
        raise Objection("no delegation to bins", "a delegation to bins")
    return roles["bins"]


def _offline_roles(case: DraftCase) -> dict[str, Role]:
    """What metadata says of each role that the plan calls offline."""
    below = {name: role for name, role in roles_below(case.targets).items() if name in case.draft.plan.offline_roles}
    return {"root": case.root.roles["root"], "targets": case.root.roles["targets"], **below, "bins": _bins_role(case)}


def _online_before(case: DraftCase) -> tuple[Role, ...]:
    """What metadata says of the delegations that the online signer signs."""
    named = {each.name for each in case.draft.plan.delegations if each.is_online}
    return tuple(role for name, role in roles_below(case.targets).items() if name in named)


def _names_listed(case: DraftCase) -> tuple[str, ...]:
    """What a snapshot lists besides the bins: delegations, what those of keyholders hand on, and what has left."""
    below = (name for each in (case.targets, *case.delegated) for name in roles_below(each))
    return (*below, *left_roles(case.targets))


def _bin_roles(case: DraftCase) -> tuple[Role, ...]:
    delegations = case.bins.delegations
    if delegations is None:
        raise Objection("bins that delegate nothing", "a delegation to bin-n")
    succinct = () if delegations.succinct_roles is None else (delegations.succinct_roles,)
    return (*succinct, *(delegations.roles or {}).values())


def _bins_are_whole(roles: tuple[Role, ...], count: int) -> bool:
    succinct = [(each.bit_length, each.name_prefix) for each in roles if isinstance(each, SuccinctRoles)]
    explicit = [
        (each.name, tuple(each.path_hash_prefixes or ()))
        for each in roles
        if isinstance(each, DelegatedRole) and each.terminating
    ]
    return succinct == [((count - 1).bit_length(), BIN_PREFIX)] or explicit == [*bin_prefixes(count)]


def _refuse_size(role: str, size: int) -> None:
    if size >= size_limit(role):
        raise Objection(f"{role} of {size} bytes", f"less than {size_limit(role)} bytes")
