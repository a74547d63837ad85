"""The rules for what targets delegates to, in a delivered bundle: roles before bins, projects below them, and bins.

DELIVERY_RULES hold already: the files are there, and root and targets are what their keyholders signed.
"""

import re
from collections.abc import Iterator, Mapping

from tuf.api.metadata import DelegatedRole, Root, Targets

from ceremony.core.bin_delegation import bin_count, delegations_of, names_of_bins, snapshot_bytes
from ceremony.core.delegating import EVERY_PREFIX
from ceremony.core.delivery_case import DeliveryCase
from ceremony.core.draft import bin_prefixes
from ceremony.core.enough_signatures import refuse_unsigned
from ceremony.core.keys import fields_of, true_keyid
from ceremony.core.left_roles import left_roles
from ceremony.core.listed_keys import doubled_keys, public_half
from ceremony.core.path_patterns import first_shared, holds, is_pattern, share
from ceremony.core.policy import DELEGATED_ROLE, RESERVED_ROLES, size_limit
from ceremony.core.projects import PROJECT_NAME, PROJECT_PREFIX, project_role
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import targets_of
from ceremony.core.tree import roles_below, tree_of
from ceremony.core.trusted_rules import content_of

BELOW_RULES: RuleBook[DeliveryCase] = RuleBook()


@BELOW_RULES.rule("BINS-SIGNED", "TUF 5.6.3, 5.6.7")
def bins_signed(case: DeliveryCase) -> None:
    """Targets hands every path to bins, last of all; bins and each offline role before it has its quorum."""
    targets = case.targets("targets")
    roles = roles_below(targets)
    if targets.targets or [*roles][-1:] != ["bins"]:
        raise Objection("another delegation last, or targets of its own", "a delegation to bins, last of all")
    if not (roles["bins"].terminating and _takes_every_path(roles["bins"])):
        raise Objection("a delegation that leaves paths out", "every path, by hash prefixes 0 to f, terminating")
    for name, role in _before_bins(case).items():
        if role.terminating and role.paths is None:
            raise Objection(f"{name} before bins: every path, terminating", "paths of its own, or not terminating")
    for name in (*case.tree.before_bins, "bins"):
        refuse_unsigned(targets, case.file(name))


@BELOW_RULES.rule("DELIVERY-NAMES", "TUF 4.5, 5.6.7: one name is one role and one file")
def delivery_names(case: DeliveryCase) -> None:
    """Each role before bins has a name that no other role can have, and paths that every client understands."""
    for name, role in _before_bins(case).items():
        if not re.fullmatch(DELEGATED_ROLE, name) or re.fullmatch(RESERVED_ROLES, name):
            raise Objection(f"a delegation called {name[:60]!r}", "small letters, digits, dashes; no other role's name")
        if not _takes_every_path(role) and not all(is_pattern(each) for each in role.paths or ("",)):
            raise Objection(f"{name} with paths that clients read in different ways", "plain patterns, or every path")


@BELOW_RULES.rule("KEYHOLDERS-FIRST", "PEP 480: claimed before recently-claimed; TUF 5.6.7: whoever is asked first")
def keyholders_first(case: DeliveryCase) -> None:
    """What the online key signs is asked after each delegation of keyholders that it may share a path with."""
    online = {*case.tree.online}
    ahead: list[DelegatedRole] = []
    for name, role in _before_bins(case).items():
        if name in online:
            ahead.append(role)
            continue
        found = next((each for each in ahead if _may_share(each, role)), None)
        if found is not None:
            raise Objection(f"{found.name}, which the online key signs, before {name}", f"{name} before {found.name}")


@BELOW_RULES.rule("DELIVERY-HAND", "PEP 480: who has the online key alone speaks for nobody; TUF 5.5.5, 6.1")
def delivery_hand(case: DeliveryCase) -> None:
    """No role goes over from keyholders to the online key under its name, nor the other way; not even later."""
    by_people, by_signer = _hands_before(case)
    words = ("keyholders", "the online key")
    for names, before, is_online in ((case.tree.online, by_people, True), (case.tree.before_bins, by_signer, False)):
        found = next((name for name in names if name in before), None)
        if found is not None:
            raise Objection(
                f"{found}, which {words[not is_online]} signed, for {words[is_online]}",
                f"another name for what {words[is_online]} will sign",
            )


@BELOW_RULES.rule("DELIVERY-KEYIDS", "TUF 4.2.1: the keyid is the hash of the canonical key")
def delivery_keyids(case: DeliveryCase) -> None:
    """Every key stands under its true keyid: it counts once, and this signer's keyid means this signer's key."""
    delegations = (case.targets(role).delegations for role in case.tree.offline if role != "root")
    standing: dict[bytes | None, str] = {}
    for delegator in (*case.arriving_roots, *delegations):
        for keyid, key in ({} if delegator is None else delegator.keys).items():
            if true_keyid(key) != keyid:
                raise Objection(f"another key under the keyid {keyid[:16]}", "each key under the hash of itself")
            other = standing.setdefault(public_half(fields_of(key)), keyid)
            if other != keyid:
                raise Objection(f"one public key as {other[:16]} and {keyid[:16]}", "one keyid for each public key")


@BELOW_RULES.rule("DELIVERY-QUORUM", "PEP 458: t > 1 offline; policy")
def delivery_quorum(case: DeliveryCase) -> None:
    """Every role that keyholders sign needs at least as many signatures as the policy's floor."""
    roles = [(role, root.get_delegated_role(role)) for root in case.arriving_roots for role in ("root", "targets")]
    targets = case.targets("targets")
    roles += [(role, targets.get_delegated_role(role)) for role in (*case.tree.before_bins, "bins")]
    for role, found in roles:
        if not case.policy.threshold_floor <= found.threshold <= len(found.keyids):
            raise Objection(
                f"{role}: {found.threshold} of {len(found.keyids)}", f"{case.policy.threshold_floor} or more"
            )


@BELOW_RULES.rule("DELIVERY-PROJECTS", "PEP 480, claimed: a project signs for itself alone")
def delivery_projects(case: DeliveryCase) -> None:
    """A role before bins hands paths to projects alone: to each its own paths, under its own keys, terminating."""
    ours = {*case.receiver.keyids, *_keyids(case.root), *_keyids(case.targets("targets"))}
    seen: dict[str, DelegatedRole] = {}
    delegators = _before_bins(case)
    for name in case.tree.before_bins:
        targets = case.targets(name)
        if targets.targets or (targets.delegations is not None and targets.delegations.succinct_roles is not None):
            raise Objection(f"{name} with other things than projects", "delegations to projects alone")
        twice = [*doubled_keys(content_of(case.file(name))), *(seen.keys() & roles_below(targets).keys())]
        if twice:
            raise Objection(f"{twice[0]} with one key twice, or in two delegations", "each key and each project once")
        seen.update(roles_below(targets))
        for role in roles_below(targets).values():
            _check_project(role, delegators[name], ours)
    # Of two delegations too: whoever is asked first would speak for the other.
    shared = first_shared(_patterns(seen))
    if shared is not None:
        raise Objection(f"{shared[0][0]} and {shared[1][0]} share paths", "paths of its own for each project")


@BELOW_RULES.rule("DELIVERY-APART", "PEP 480: no project signs for another")
def delivery_apart(case: DeliveryCase) -> None:
    """No project that keyholders delegate to shares a path with one of another name that is registered here."""
    tree = case.tree
    claimed = {name: role for each in tree.before_bins for name, role in roles_below(case.targets(each)).items()}
    # With the delivery a registration ends if its project is claimed, or its role is this signer's no more.
    live = {
        name: paths
        for role, found in case.registered.items()
        for name, paths in found.items()
        if role in tree.online and name not in claimed
    }
    owners = {pattern: name for name, pattern in _patterns(claimed)}
    registered = {pattern: name for name, paths in live.items() for pattern in paths}
    sides = (("claimed", owners), ("registered", registered))
    shared = first_shared((side, pattern) for side, found in sides for pattern in found)
    if shared is not None:
        patterns = dict(shared)
        one, other = owners[patterns["claimed"]], registered[patterns["registered"]]
        names = f"{_bare(one)} would take paths of {_bare(other)}, which is registered here"
        raise Objection(f"{names}: {patterns['registered']}", "paths of its own for each project")


@BELOW_RULES.rule("BINS-COVER", "TAP 15; TUF 5.6.7")
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


@BELOW_RULES.rule("DELIVERY-SIZE", "client limits of python-tuf and go-tuf; TUF 5.3.3, 5.5.2, 5.5.5")
def delivery_size(case: DeliveryCase) -> None:
    """Every file that arrives, and the snapshot it leads to with all that was ever listed, fits common clients."""
    names = {*case.listed, *case.tree.offline, *case.tree.online, *case.tree.projects}
    sizes = [(each.role, len(each.encode())) for each in case.arriving]
    sizes.append(("snapshot", snapshot_bytes(0, names | names_of_bins(case.targets("bins")))))
    for role, size in sizes:
        if size >= size_limit(role):
            raise Objection(f"{role} of {size} bytes", f"less than {size_limit(role)} bytes")


def _hands_before(case: DeliveryCase) -> tuple[set[str], set[str]]:
    """The roles that keyholders have signed under this name before, and those that the online key has.

    What the release says it follows counts too, though nobody vouches for it here: it can only refuse more.
    """
    by_people: set[str] = set()
    by_signer: set[str] = set()
    for files in (tuple(case.standing.values()), case.followed):
        before = tree_of(files, case.receiver.keyids)
        by_people.update(before.before_bins)
        by_signer.update(before.online)
        left = left_roles(targets_of(before.files["targets"])) if "targets" in before.files else {}
        for name, version in left.items():
            (by_people if version else by_signer).add(name)
    return by_people, by_signer


def _before_bins(case: DeliveryCase) -> Mapping[str, DelegatedRole]:
    return {name: role for name, role in roles_below(case.targets("targets")).items() if name != "bins"}


def _may_share(one: DelegatedRole, other: DelegatedRole) -> bool:
    if one.paths is None or other.paths is None:
        return True
    return any(share(ours, theirs) for ours in one.paths for theirs in other.paths)


def _patterns(roles: Mapping[str, DelegatedRole]) -> Iterator[tuple[str, str]]:
    return ((name, pattern) for name, role in roles.items() for pattern in role.paths or ())


def _bare(role: str) -> str:
    return role.removeprefix(PROJECT_PREFIX)


def _takes_every_path(role: DelegatedRole) -> bool:
    return role.paths is None and sorted(role.path_hash_prefixes or ()) == [*EVERY_PREFIX]


def _check_project(role: DelegatedRole, delegator: DelegatedRole, ours: set[str]) -> None:
    project = role.name.removeprefix(PROJECT_PREFIX)
    if role.name != project_role(project) or not re.fullmatch(PROJECT_NAME, project):
        raise Objection(f"a delegation called {role.name[:60]!r}", f"{PROJECT_PREFIX} and the name of a project")
    if not role.terminating or not all(_is_own(each, delegator) for each in role.paths or ("",)):
        raise Objection(f"{role.name} beyond folders of its own", f"terminating, with paths that {delegator.name} has")
    if role.threshold > len(role.keyids) or ours.intersection(role.keyids):
        raise Objection(f"{role.name} with too few keys, or one of this repository", "enough keys of the project's own")


def _is_own(path: str, delegator: DelegatedRole) -> bool:
    folder, _, _ = path.rpartition("/")
    is_folder = is_pattern(path) and folder != "" and "*" not in folder
    return is_folder and (delegator.paths is None or any(holds(each, path) for each in delegator.paths))


def _keyids(delegator: Root | Targets) -> Iterator[str]:
    roles = delegator.roles if isinstance(delegator, Root) else roles_below(delegator)
    for role in roles.values():
        yield from role.keyids
