"""From a plan and a roster to the unsigned metadata: pure, so that every place computes the same bytes."""

from dataclasses import dataclass

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Delegations, Role, Root, SuccinctRoles, Targets
from tuf.api.serialization.json import CanonicalJSONSerializer

from ceremony.core.before import Before
from ceremony.core.delegating import delegate_projects, delegated_role
from ceremony.core.enrolment_rules import ENROLMENT_RULES, EnrolmentCase
from ceremony.core.keys import key_of
from ceremony.core.left_roles import LEFT_FIELD, left_after, next_version
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Delegation, Plan
from ceremony.core.roster import Roster
from ceremony.core.signed import targets_of
from ceremony.errors import TamperedError

BIN_PREFIX = "bin"
"""Bins are named by TAP 15: this prefix, a dash, and the bin's number in hex."""

REPOSITORY_FIELD = "x-ceremony-repository"
REHEARSAL_FIELD = "x-ceremony-rehearsal"
LIFETIMES_FIELD = "x-ceremony-lifetimes"
"""Fields of ours inside signed metadata: root names the repository and says when it is a rehearsal; bins tells the
online signer how many seconds its signatures last. Clients keep and ignore fields that they do not know."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The next versions of the roles that a plan names, unsigned, and what they were made from.

    `before` is what they follow, None in an initial ceremony.
    """

    plan: Plan
    roster: Roster
    files: tuple[MetadataFile, ...]
    before: Before | None = None

    def file(self, role: str) -> MetadataFile:
        """The file of this role that will hold: the drafted one, or else the one that is trusted and stays.

        Raises: TamperedError where there is neither.
        """
        drafted = next((each for each in self.files if each.role == role), None)
        found = drafted or (self.before.file(role) if self.before else None)
        if found is None:
            raise TamperedError(f"no {role}", "what is trusted")
        return found


def draft(plan: Plan, roster: Roster, before: Before | None = None) -> Draft:
    """The next version of each role that the plan names in `expires`; the same input gives the same bytes.

    An initial ceremony follows nothing and begins at version 1. The plan keeps PLAN_RULES already.
    Raises: RefusedError (ENROLMENT-COMPLETE, KEY-UNIQUE).   Spec: 4.3, 4.5.
    """
    ENROLMENT_RULES.check(EnrolmentCase(plan, roster))
    signed = (
        (role, _signed(role, plan, roster, before, next_version(role, before)))
        for role in plan.offline_roles
        if role in plan.expires
    )
    return Draft(plan, roster, tuple(MetadataFile(role, it.version, _payload(it)) for role, it in signed), before)


def _signed(role: str, plan: Plan, roster: Roster, before: Before | None, version: int) -> Root | Targets:
    if role == "root":
        return _root(plan, roster, version)
    if role == "targets":
        return _targets(plan, roster, before, version)
    if role == "bins":
        return _bins(plan, version)
    was = before.file(role) if before else None
    projects = roster.projects if plan.claims and plan.claims.role == role else ()
    leaving = plan.claims.leaving if plan.claims and plan.claims.role == role else ()
    delegations = delegate_projects(targets_of(was).delegations if was else None, projects, leaving)
    return Targets(version, expires=plan.expires[role], delegations=delegations)


def bin_prefixes(count: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each bin's name and the hash prefixes that fall into it, in order; `count` is a power of two.

    Spec: TAP 15; the SHA-256 of the target path decides.
    """
    roles = SuccinctRoles([], 1, (count - 1).bit_length(), BIN_PREFIX)
    digits = len(f"{count - 1:x}")
    each = 16**digits // count
    return tuple(
        (name, tuple(f"{number * each + step:0{digits}x}" for step in range(each)))
        for number, name in enumerate(roles.get_roles())
    )


def _root(plan: Plan, roster: Roster, version: int) -> Root:
    online = key_of(plan.online_key.fields())
    offline = {role: _keys(plan, roster, role) for role in ("root", "targets")}
    keys = {key.keyid: key for key in (*offline["root"], *offline["targets"], online)}
    roles = {role: Role([key.keyid for key in offline[role]], plan.thresholds[role]) for role in offline}
    roles |= {role: Role([online.keyid], 1) for role in ("snapshot", "timestamp")}
    marks = {REPOSITORY_FIELD: plan.repository, **({REHEARSAL_FIELD: True} if plan.is_rehearsal else {})}
    return Root(version, expires=plan.expires["root"], keys=dict(keys), roles=roles, unrecognized_fields=marks)


def _targets(plan: Plan, roster: Roster, before: Before | None, version: int) -> Targets:
    online = key_of(plan.online_key.fields())
    bins = Delegation("bins", is_terminating=True)
    keys: dict[str, Key] = {}
    roles: dict[str, DelegatedRole] = {}
    for each in (*plan.delegations, bins):
        held = (online,) if each.is_online else _keys(plan, roster, each.name)
        threshold = 1 if each.is_online else plan.thresholds[each.name]
        roles[each.name] = delegated_role(each, [key.keyid for key in held], threshold)
        keys |= {key.keyid: key for key in held}
    left = left_after(before, [*roles])
    return Targets(
        version,
        expires=plan.expires["targets"],
        delegations=Delegations(keys, roles=roles),
        unrecognized_fields={LEFT_FIELD: left} if left else {},
    )


def _bins(plan: Plan, version: int) -> Targets:
    online = key_of(plan.online_key.fields())
    keys: dict[str, Key] = {online.keyid: online}
    lifetimes = {role: int(lifetime.total_seconds()) for role, lifetime in plan.lifetimes.items()}
    return Targets(
        version,
        expires=plan.expires["bins"],
        delegations=_delegate_bins(plan, keys),
        unrecognized_fields={LIFETIMES_FIELD: lifetimes},
    )


def _delegate_bins(plan: Plan, keys: dict[str, Key]) -> Delegations:
    count = plan.bins.count
    if plan.bins.style == "succinct":
        return Delegations(keys, succinct_roles=SuccinctRoles([*keys], 1, (count - 1).bit_length(), BIN_PREFIX))
    roles = {
        name: DelegatedRole(name, [*keys], 1, terminating=True, path_hash_prefixes=[*prefixes])
        for name, prefixes in bin_prefixes(count)
    }
    return Delegations(keys, roles=roles)


def _keys(plan: Plan, roster: Roster, role: str) -> tuple[Key, ...]:
    held = (roster.of(holder.name) for holder in plan.holders_of(role))
    return tuple(key_of(each.key) for each in held if each is not None)


def _payload(signed: Root | Targets) -> bytes:
    return CanonicalJSONSerializer().serialize(signed)
