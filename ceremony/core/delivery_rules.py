"""The rules that a delivered bundle keeps before the online signer trusts it: all that a client would check, and more.

What is delivered is judged by what this signer trusts already; the first time, by a fingerprint that a person typed.
What targets delegates to has a book of its own (`delivery_below_rules`), for which these hold already.
"""

from ceremony.core.bin_delegation import bin_roles
from ceremony.core.delivery_case import DeliveryCase
from ceremony.core.draft import LIFETIMES_FIELD, REHEARSAL_FIELD, REPOSITORY_FIELD
from ceremony.core.enough_signatures import refuse_unsigned, tuf_signatures
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.core.policy import ONLINE_ROLES
from ceremony.core.review import fingerprint_of
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tree import roles_below
from ceremony.core.words import same_words

_TOP_LEVEL = {"root", "targets", "snapshot", "timestamp"}


DELIVERY_RULES: RuleBook[DeliveryCase] = RuleBook()


@DELIVERY_RULES.rule("DELIVERY-RELEASE", "only sealed metadata is published")
def delivery_release(case: DeliveryCase) -> None:
    """Only a release is delivered: a bundle that was sealed."""
    if case.purpose != "release":
        raise Objection(f"a bundle for a {case.purpose}", "a release")


@DELIVERY_RULES.rule("DELIVERY-REPOSITORY", "one signer serves one repository")
def delivery_repository(case: DeliveryCase) -> None:
    """Every root, delivered or followed, names the repository that this signer was made for.

    Roots that others made, before the first of ours, name none.
    """
    for file in case.roots[len(case.by_others) :]:
        found = root_of(file).unrecognized_fields.get(REPOSITORY_FIELD)
        if found != case.receiver.repository:
            raise Objection(f"{file.name} of {found or 'an unnamed repository'}", f"of {case.receiver.repository}")


@DELIVERY_RULES.rule("REHEARSAL-APART", "a rehearsal and the real thing never share a signer")
def rehearsal_apart(case: DeliveryCase) -> None:
    """A signer made for rehearsals takes rehearsals only, and every other signer takes none."""
    for file in case.roots[len(case.by_others) :]:
        is_rehearsal = root_of(file).unrecognized_fields.get(REHEARSAL_FIELD) is True
        if is_rehearsal != case.receiver.is_rehearsal:
            words = ("real metadata", "a rehearsal")
            raise Objection(words[is_rehearsal], f"{words[not is_rehearsal]}, as this signer was made for")


@DELIVERY_RULES.rule("DELIVERY-ORDER", "TUF 5.2, 5.3: trust begins at one root and goes on from root to root")
def delivery_order(case: DeliveryCase) -> None:
    """The release of the first ceremony comes first, and every later one shows the root that it follows.

    The first may follow a repository that others have made, and no ceremony of ours.
    """
    theirs = {each.version for each in case.by_others}
    ours = [each for each in case.followed if each.role == "root" and each.version not in theirs]
    if case.followed and not case.trusted_roots and (ours or not theirs):
        raise Objection("a release that follows another, where nothing is trusted yet", "the first release before it")
    if case.trusted_roots and not case.roots:
        raise Objection("a release that shows no root", "one that shows the root it follows")


@DELIVERY_RULES.rule("DELIVERY-WHOLE", "TUF 5.3, 5.6: root, targets and what it delegates to offline make one tree")
def delivery_whole(case: DeliveryCase) -> None:
    """A release brings no role but root twice, roots without a gap, and leaves nothing of the tree missing."""
    roles = [each.role for each in case.files]
    versions = [each.version for each in case.roots]
    first = min(versions, default=1)
    tree = case.tree
    is_whole = roles and {*roles} <= {*tree.offline} == {*tree.files}
    is_doubled = any(roles.count(role) > 1 for role in tree.offline if role != "root")
    if not is_whole or is_doubled or versions != [*range(first, first + len(versions))]:
        raise Objection(", ".join(each.name for each in case.files) or "no files", ", ".join(tree.offline))


@DELIVERY_RULES.rule("ROOT-FINGERPRINT", "TUF 5.2: the trusted root comes by a way of its own")
def root_fingerprint(case: DeliveryCase) -> None:
    """The first root is version 1 or follows others' roots; a person has typed the words that keyholders read aloud."""
    if case.trusted_roots:
        return
    if case.roots[0].version != 1 and not case.by_others:
        raise Objection(f"{case.roots[0].name} first of all", "1.root.json")
    if not same_words(case.fingerprint, fingerprint_of(case.files).words):
        raise Objection("other words than the fingerprint of these files", "the 32 words that the minutes show")


@DELIVERY_RULES.rule("ROOT-CHAIN", "TUF 5.3.4, 5.3.5, 5.3.6")
def root_chain(case: DeliveryCase) -> None:
    """Every root follows the one before: next in version, signed under the old root and under itself."""
    chain = {each.version: each for each in case.trusted_roots}
    for file in case.roots:
        if file.version in chain:
            _refuse_other_bytes(file, chain[file.version])
            continue
        before = chain.get(file.version - 1)
        if before is None and chain:
            newest = max(chain)
            raise Objection(f"{file.name} after {newest}.root.json", f"{newest + 1}.root.json too")
        result = root_of(file).get_root_verification_result(
            None if before is None else root_of(before), file.payload, tuf_signatures(file)
        )
        if not result:
            raise Objection(f"{file.name} without its quorum", "enough signatures under the old root and the new")
        chain[file.version] = file


@DELIVERY_RULES.rule("TARGETS-SIGNED", "TUF 5.6.3")
def targets_signed(case: DeliveryCase) -> None:
    """Targets is signed by as many of the keys that root names as root asks for."""
    refuse_unsigned(case.root, case.file("targets"))


@DELIVERY_RULES.rule("VERSION-FORWARD", "TUF 5.3.5, 5.5.5: no rollback")
def version_forward(case: DeliveryCase) -> None:
    """No version goes back, and no version comes twice with other bytes."""
    for role, trusted in case.standing.items():
        brought = [each for each in case.files if each.role == role]
        newest = max(brought, key=lambda each: each.version, default=trusted)
        if newest.version < trusted.version:
            raise Objection(f"{newest.name}, an older one", f"{trusted.name} or later")
        for file in (*brought, *case.followed):
            if file.name == trusted.name:
                _refuse_other_bytes(file, trusted)


@DELIVERY_RULES.rule("DELIVERY-RETURNS", "TUF 5.5.5: what a snapshot has listed never goes back")
def delivery_returns(case: DeliveryCase) -> None:
    """A role whose name is not new goes on from the last version under that name, whoever signed it and why it went."""
    for role in case.tree.offline:
        last, file = case.listed.get(role, 0), case.file(role)
        if role not in case.standing and file.version <= last:
            raise Objection(
                f"{file.name}, a name that snapshots list at version {last} already",
                f"{last + 1}.{role}.json or later, or another name",
            )


@DELIVERY_RULES.rule("DELIVERY-FRESH", "TUF 5.3.10, 5.6.5")
def delivery_fresh(case: DeliveryCase) -> None:
    """Nothing that arrives has expired, save roots that a newer one follows; what stays may wait for its refresh."""
    for file in case.arriving:
        signed = root_of(file) if file.role == "root" else targets_of(file)
        if file == case.file(file.role) and signed.is_expired(case.now):
            ended = instant_text(signed.expires)
            raise Objection(f"{file.role} that ended on {ended}", f"after {instant_text(case.now)}")


@DELIVERY_RULES.rule("DELIVERY-CONSISTENT", "TUF 4.3, 6.2")
def delivery_consistent(case: DeliveryCase) -> None:
    """Root names the four top-level roles and asks for consistent snapshots."""
    for root in case.arriving_roots:
        if set(root.roles) != _TOP_LEVEL or root.consistent_snapshot is not True:
            raise Objection("a root of another shape", "root, targets, snapshot, timestamp, with consistent snapshots")


@DELIVERY_RULES.rule("ONLINE-KEY-OWN", "TUF 4.3, 5.4.2, 5.5.3, 5.6.3")
def online_key_own(case: DeliveryCase) -> None:
    """Every online role is signed by one and the same key: this signer's own, or the next one that it has made."""
    roles = [case.root.get_delegated_role(role) for role in ("snapshot", "timestamp")]
    roles += [role for name, role in roles_below(case.targets("targets")).items() if name in case.tree.online]
    roles += bin_roles(case.targets("bins"))
    named = {(*role.keyids,) for role in roles}
    own = [(keyid,) for keyid in case.receiver.keyids]
    if len(named) != 1 or not named <= {*own} or any(role.threshold != 1 for role in roles):
        found = ", ".join(sorted({keyid[:16] for keyids in named for keyid in keyids}))
        wanted = " or ".join(keyid[:16] for keyid in case.receiver.keyids)
        raise Objection(f"the keys {found}", f"1 signature by this signer's key {wanted}")


@DELIVERY_RULES.rule("KEYS-APART", "PEP 458, Managing offline keys; TUF 6.1")
def keys_apart(case: DeliveryCase) -> None:
    """This signer's keys sign no offline role."""
    offline = [case.root.get_delegated_role(role) for role in ("root", "targets")]
    offline += [role for name, role in roles_below(case.targets("targets")).items() if name not in case.tree.online]
    if any(keyid in role.keyids for role in offline for keyid in case.receiver.keyids):
        raise Objection("the online key among the keyholders' keys", "keys of the keyholders alone")


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


def _refuse_other_bytes(file: MetadataFile, trusted: MetadataFile) -> None:
    if file.payload != trusted.payload:
        raise Objection(f"{file.name} with other bytes than the trusted one", "the same bytes, or a later version")
