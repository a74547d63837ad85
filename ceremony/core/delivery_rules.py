"""The rules that a delivered bundle keeps before the online signer trusts it: all that a client would check, and more.

What is delivered is judged by what this signer trusts already; the first time, by a fingerprint that a person typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from securesystemslib.signer import Signature
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Root, Targets

from ceremony.core.bin_delegation import bin_count, bin_roles, delegations_of, snapshot_bytes
from ceremony.core.draft import EVERY_PREFIX, LIFETIMES_FIELD, REHEARSAL_FIELD, REPOSITORY_FIELD, bin_prefixes
from ceremony.core.keys import true_keyid
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.core.policy import CLIENT_SIZE_LIMITS, ONLINE_ROLES, Policy
from ceremony.core.review import fingerprint_of
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import root_of, targets_of
from ceremony.core.words import same_words

_TOP_LEVEL = {"root", "targets", "snapshot", "timestamp"}


@dataclass(frozen=True, slots=True)
class Receiver:
    """The online signer that something is delivered to: its repository, whether it rehearses, and its own key."""

    repository: str
    is_rehearsal: bool
    online_keyid: str


@dataclass(frozen=True, slots=True)
class DeliveryCase:
    """Delivered files beside the trusted ones, at a moment (UTC).

    `roots` and `trusted_roots` go by version, from the lowest; `trusted` holds the newest trusted targets and bins and
    is empty before the first delivery, when `fingerprint` is what a person typed.
    """

    purpose: str
    files: tuple[MetadataFile, ...]
    trusted_roots: tuple[MetadataFile, ...]
    trusted: Mapping[str, MetadataFile]
    receiver: Receiver
    fingerprint: str
    now: datetime
    policy: Policy

    @property
    def roots(self) -> tuple[MetadataFile, ...]:
        """The delivered root files, by version."""
        return tuple(sorted((each for each in self.files if each.role == "root"), key=lambda each: each.version))

    @property
    def root(self) -> Root:
        """The newest delivered root."""
        return root_of(self.roots[-1])

    def file(self, role: str) -> MetadataFile:
        """The delivered file of `role`; of several roots, the newest."""
        return max((each for each in self.files if each.role == role), key=lambda each: each.version)

    def targets(self, role: str) -> Targets:
        """The delivered targets or bins."""
        return targets_of(self.file(role))


DELIVERY_RULES: RuleBook[DeliveryCase] = RuleBook()


@DELIVERY_RULES.rule("DELIVERY-RELEASE", "only sealed metadata is published")
def delivery_release(case: DeliveryCase) -> None:
    """Only a release is delivered: a bundle that was sealed."""
    if case.purpose != "release":
        raise Objection(f"a bundle for a {case.purpose}", "a release")


@DELIVERY_RULES.rule("DELIVERY-WHOLE", "TUF 5.3, 5.6: root, targets and bins make one tree")
def delivery_whole(case: DeliveryCase) -> None:
    """A release holds one targets, one bins, and roots whose versions follow one another."""
    roles = sorted(each.role for each in case.files if each.role != "root")
    versions = [each.version for each in case.roots]
    if roles != ["bins", "targets"] or not versions or versions != [*range(versions[0], versions[0] + len(versions))]:
        raise Objection(", ".join(each.name for each in case.files) or "no files", "root, targets and bins")


@DELIVERY_RULES.rule("DELIVERY-REPOSITORY", "one signer serves one repository")
def delivery_repository(case: DeliveryCase) -> None:
    """Every delivered root names the repository that this signer was made for."""
    for file in case.roots:
        found = root_of(file).unrecognized_fields.get(REPOSITORY_FIELD)
        if found != case.receiver.repository:
            raise Objection(f"{file.name} of {found or 'an unnamed repository'}", f"of {case.receiver.repository}")


@DELIVERY_RULES.rule("REHEARSAL-APART", "a rehearsal and the real thing never share a signer")
def rehearsal_apart(case: DeliveryCase) -> None:
    """A signer made for rehearsals takes rehearsals only, and every other signer takes none."""
    for file in case.roots:
        is_rehearsal = root_of(file).unrecognized_fields.get(REHEARSAL_FIELD) is True
        if is_rehearsal != case.receiver.is_rehearsal:
            words = ("real metadata", "a rehearsal")
            raise Objection(words[is_rehearsal], f"{words[not is_rehearsal]}, as this signer was made for")


@DELIVERY_RULES.rule("ROOT-FINGERPRINT", "TUF 5.2: the trusted root comes by a way of its own")
def root_fingerprint(case: DeliveryCase) -> None:
    """The first root is version 1, and a person has typed the words that its keyholders read aloud."""
    if case.trusted_roots:
        return
    if case.roots[0].version != 1:
        raise Objection(f"{case.roots[0].name} first of all", "1.root.json")
    if not same_words(case.fingerprint, fingerprint_of(case.files).words):
        raise Objection("other words than the fingerprint of these files", "the 32 words that the minutes show")


@DELIVERY_RULES.rule("ROOT-CHAIN", "TUF 5.3.4, 5.3.5, 5.3.6")
def root_chain(case: DeliveryCase) -> None:
    """Every root follows the one before: next in version, signed under the old root and under itself."""
    known = {each.version: each for each in case.trusted_roots}
    previous = None
    if known:
        _refuse_gap(case)
    for file in case.roots:
        if file.version in known:
            _refuse_other_bytes(file, known[file.version])
            continue
        trusted = known.get(file.version - 1, previous)
        result = root_of(file).get_root_verification_result(
            None if trusted is None else root_of(trusted), file.payload, _tuf_signatures(file)
        )
        if not result:
            raise Objection(f"{file.name} without its quorum", "enough signatures under the old root and the new")
        previous = file


@DELIVERY_RULES.rule("TARGETS-SIGNED", "TUF 5.6.3")
def targets_signed(case: DeliveryCase) -> None:
    """Targets is signed by as many of the keys that root names as root asks for."""
    _refuse_unsigned(case.root, case.file("targets"))


@DELIVERY_RULES.rule("BINS-SIGNED", "TUF 5.6.3")
def bins_signed(case: DeliveryCase) -> None:
    """Targets hands every path to bins alone, and bins is signed by as many of the keys it names as it asks for."""
    targets = case.targets("targets")
    roles = (targets.delegations.roles if targets.delegations else None) or {}
    if targets.targets or [*roles] != ["bins"]:
        raise Objection("other delegations or targets of its own", "a delegation to bins alone")
    if not roles["bins"].terminating or sorted(roles["bins"].path_hash_prefixes or ()) != [*EVERY_PREFIX]:
        raise Objection("a delegation that leaves paths out", "every path, by hash prefixes 0 to f, terminating")
    _refuse_unsigned(targets, case.file("bins"))


@DELIVERY_RULES.rule("DELIVERY-KEYIDS", "TUF 4.2.1: the keyid is the hash of the canonical key")
def delivery_keyids(case: DeliveryCase) -> None:
    """Every key stands under its true keyid: it counts once, and this signer's keyid means this signer's key."""
    for delegator in (case.root, case.targets("targets").delegations, case.targets("bins").delegations):
        for keyid, key in ({} if delegator is None else delegator.keys).items():
            if true_keyid(key) != keyid:
                raise Objection(f"another key under the keyid {keyid[:16]}", "each key under the hash of itself")


@DELIVERY_RULES.rule("DELIVERY-QUORUM", "PEP 458: t > 1 offline; policy")
def delivery_quorum(case: DeliveryCase) -> None:
    """Root, targets and bins each need at least as many signatures as the policy's floor."""
    roles = {role: case.root.get_delegated_role(role) for role in ("root", "targets")}
    roles["bins"] = case.targets("targets").get_delegated_role("bins")
    for role, found in roles.items():
        if not case.policy.threshold_floor <= found.threshold <= len(found.keyids):
            raise Objection(
                f"{role}: {found.threshold} of {len(found.keyids)}", f"{case.policy.threshold_floor} or more"
            )


@DELIVERY_RULES.rule("VERSION-FORWARD", "TUF 5.3.5, 5.5.5: no rollback")
def version_forward(case: DeliveryCase) -> None:
    """No version goes back, and no version comes twice with other bytes."""
    newest = {**case.trusted, **{each.role: each for each in case.trusted_roots}}
    for role, trusted in newest.items():
        file = case.file(role)
        if file.version < trusted.version:
            raise Objection(f"{file.name}, an older one", f"{trusted.name} or later")
        if file.version == trusted.version:
            _refuse_other_bytes(file, trusted)


@DELIVERY_RULES.rule("DELIVERY-FRESH", "TUF 5.3.10, 5.6.5")
def delivery_fresh(case: DeliveryCase) -> None:
    """Neither the newest root, nor targets, nor bins has expired."""
    for role, signed in {"root": case.root, "targets": case.targets("targets"), "bins": case.targets("bins")}.items():
        if signed.is_expired(case.now):
            raise Objection(f"{role} that ended on {instant_text(signed.expires)}", f"after {instant_text(case.now)}")


@DELIVERY_RULES.rule("DELIVERY-CONSISTENT", "TUF 4.3, 6.2")
def delivery_consistent(case: DeliveryCase) -> None:
    """Root names the four top-level roles and asks for consistent snapshots."""
    if set(case.root.roles) != _TOP_LEVEL or case.root.consistent_snapshot is not True:
        raise Objection("a root of another shape", "root, targets, snapshot, timestamp, with consistent snapshots")


@DELIVERY_RULES.rule("ONLINE-KEY-OWN", "TUF 4.3, 5.4.2, 5.5.3, 5.6.3")
def online_key_own(case: DeliveryCase) -> None:
    """Snapshot, timestamp and every bin are signed by one key, this signer's own."""
    own = [case.receiver.online_keyid]
    roles = [case.root.get_delegated_role(role) for role in ("snapshot", "timestamp")]
    roles += bin_roles(case.targets("bins"))
    for role in roles:
        if role.keyids != own or role.threshold != 1:
            found = ", ".join(keyid[:16] for keyid in role.keyids)
            raise Objection(f"{role.threshold} of the keys {found}", f"1 of this signer's key {own[0][:16]}")


@DELIVERY_RULES.rule("KEYS-APART", "PEP 458, Managing offline keys; TUF 6.1")
def keys_apart(case: DeliveryCase) -> None:
    """This signer's key signs no offline role."""
    offline = [case.root.get_delegated_role(role) for role in ("root", "targets")]
    offline.append(case.targets("targets").get_delegated_role("bins"))
    if any(case.receiver.online_keyid in role.keyids for role in offline):
        raise Objection("the online key among the keyholders' keys", "keys of the keyholders alone")


@DELIVERY_RULES.rule("BINS-COVER", "TAP 15; TUF 5.6.7")
def bins_cover(case: DeliveryCase) -> None:
    """Bins keeps no target of its own and hands every path to exactly one bin, a power of two of them."""
    bins = case.targets("bins")
    count = bin_count(bins)
    policy = case.policy
    if bins.targets or not policy.bins_floor <= count <= policy.bins_ceiling or count & (count - 1):
        raise Objection(f"{count} bins", f"a power of two from {policy.bins_floor} to {policy.bins_ceiling}")
    roles = delegations_of(bins).roles
    if roles is not None:
        found = [(name, tuple(role.path_hash_prefixes or ())) for name, role in roles.items()]
        if found != [*bin_prefixes(count)] or not all(role.terminating for role in roles.values()):
            raise Objection("bins that do not share the paths out evenly", "bin-0 and on, by prefix, terminating")


@DELIVERY_RULES.rule("BINS-STEADY", "a target keeps its bin; TUF 5.5.5: no role vanishes from snapshot")
def bins_steady(case: DeliveryCase) -> None:
    """The number of bins stays as it was trusted first."""
    if "bins" in case.trusted:
        trusted, found = bin_count(targets_of(case.trusted["bins"])), bin_count(case.targets("bins"))
        if trusted != found:
            raise Objection(f"{found} bins", f"{trusted} bins, as before")


@DELIVERY_RULES.rule("LIFETIMES-STATED", "PEP 458, Metadata Expiry Times; the keyholders decide")
def lifetimes_stated(case: DeliveryCase) -> None:
    """Bins says how long online signatures last: for bin-n, snapshot and timestamp, each within the policy."""
    found = case.targets("bins").unrecognized_fields.get(LIFETIMES_FIELD)
    if not isinstance(found, dict) or set(found) != set(ONLINE_ROLES):
        raise Objection(f"lifetimes {found!r}"[:80], f"seconds for {', '.join(ONLINE_ROLES)}")
    floor = int(case.policy.online_lifetime_floor.total_seconds())
    for role in ONLINE_ROLES:
        ceiling = int(case.policy.online_lifetime_ceiling[role].total_seconds())
        if type(found[role]) is not int or not floor <= found[role] <= ceiling:
            raise Objection(f"{role}: {found[role]} seconds", f"{floor} to {ceiling} seconds")


@DELIVERY_RULES.rule("DELIVERY-SIZE", "client limits of python-tuf and go-tuf; TUF 5.3.3, 5.5.2")
def delivery_size(case: DeliveryCase) -> None:
    """Every delivered file, and the snapshot it leads to, is smaller than common clients allow."""
    sizes = {each.role: len(each.encode()) for each in case.files}
    sizes["snapshot"] = snapshot_bytes(bin_count(case.targets("bins")))
    for role, size in sizes.items():
        if size >= CLIENT_SIZE_LIMITS[role]:
            raise Objection(f"{role} of {size} bytes", f"less than {CLIENT_SIZE_LIMITS[role]} bytes")


def _tuf_signatures(file: MetadataFile) -> dict[str, Signature]:
    return {keyid: Signature(keyid, sig_hex) for keyid, sig_hex in file.signatures.items()}


def _refuse_unsigned(delegator: Root | Targets, file: MetadataFile) -> None:
    try:
        delegator.verify_delegate(file.role, file.payload, _tuf_signatures(file))
    except (UnsignedMetadataError, ValueError) as error:
        raise Objection(f"{file.name}: {error}", "enough signatures by keys of the role") from error


def _refuse_other_bytes(file: MetadataFile, trusted: MetadataFile) -> None:
    if file.payload != trusted.payload:
        raise Objection(f"{file.name} with other bytes than the trusted one", "the same bytes, or a later version")


def _refuse_gap(case: DeliveryCase) -> None:
    newest = case.trusted_roots[-1].version
    if case.roots[0].version > newest + 1:
        raise Objection(f"{case.roots[0].name} after {newest}.root.json", f"{newest + 1}.root.json too")
