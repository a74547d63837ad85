"""The plan of a ceremony that follows another: everything is kept, and then one thing after the other is changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from ceremony.core.before import Before
from ceremony.core.draft import Draft, draft
from ceremony.core.enrolment_rules import EnrolmentCase
from ceremony.core.incident_rules import INCIDENT_RULES
from ceremony.core.keys import spelling_trouble
from ceremony.core.left_out import is_by_others
from ceremony.core.plan import Claims, Delegation, Keyholder, Plan, TrustedRoot, Window
from ceremony.core.plan_values import offline_roles
from ceremony.core.projects import Project, claims_digest
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.roster_rules import ROSTER_RULES
from ceremony.core.signed import root_of, targets_of
from ceremony.core.succession_rules import SUCCESSION_RULES, SuccessionCase, change_signed, stands_signed
from ceremony.core.unseen_keys import unmade_key, unseen_key
from ceremony.errors import RefusedError, TamperedError

_MEETING = timedelta(days=31)
"""What ends so soon after the first end is signed anew in the same ceremony: people come together once."""


def plan_after(  # noqa: PLR0913  # what it follows, and what no ceremony has from the one before
    before: Before, last: Plan, kind: str, *, name: str, window: Window, expires: Mapping[str, datetime]
) -> Plan:
    """The plan that keeps everything that holds after `last`, and gives a new version to the roles of `expires`.

    `before` is what is trusted once the release of `last` is, with its roster: every keyholder keeps the key there.
    `name` is the new ceremony's id.
    Raises: TamperedError if a keyholder of `last` has none there.
    """
    root = before.trusted.root
    return replace(
        last,
        id=name,
        kind=kind,
        window=window,
        keyholders=tuple(_kept(holder, before.roster) for holder in last.keyholders),
        expires=_in_order(last, expires),
        claims=None,
        leaving=(),
        leaves_out=(),
        incident=None,
        trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
    )


def with_keyholder(plan: Plan, holder: Keyholder) -> Plan:
    """The plan with one keyholder more, the last of all, whose key is made in the ceremony."""
    return replace(plan, keyholders=(*plan.keyholders, replace(holder, keyid="")))


def without_keyholder(plan: Plan, name: str) -> Plan:
    """The plan without this keyholder; thresholds stay as they are."""
    return replace(plan, keyholders=tuple(each for each in plan.keyholders if each.name != name))


def with_new_device(plan: Plan, name: str, device: str = "") -> Plan:
    """The plan in which this keyholder enrols another device, the one named or whichever; roles and scheme stay.

    What was said of the old device alone is gone: the place and the name of its key, and why it was accepted.
    """
    return replace(
        plan,
        keyholders=tuple(
            Keyholder(each.name, each.roles, each.scheme, device) if each.name == name else each
            for each in plan.keyholders
        ),
    )


def with_ends(plan: Plan, ends: Mapping[str, datetime]) -> Plan:
    """The plan in which these roles, and no others, are signed anew and end then."""
    return replace(plan, expires=_in_order(plan, ends))


def with_delegations(plan: Plan, delegations: tuple[Delegation, ...], thresholds: Mapping[str, int]) -> Plan:
    """The plan in which clients ask these before bins; `thresholds` are for those that keyholders sign.

    Whoever signed a role that is gone signs what is left to them, and leaves if that is nothing; what was said of its
    projects or its end is gone too.
    """
    offline = offline_roles(delegations)
    holders = (replace(each, roles=tuple(role for role in offline if role in each.roles)) for each in plan.keyholders)
    return replace(
        plan,
        delegations=delegations,
        keyholders=tuple(each for each in holders if each.roles),
        thresholds={role: {**plan.thresholds, **thresholds}[role] for role in offline},
        expires={role: plan.expires[role] for role in offline if role in plan.expires},
        claims=plan.claims if plan.claims and plan.claims.role in offline else None,
    )


def with_claims(plan: Plan, role: str, entering: tuple[Project, ...], leaving: tuple[str, ...] = ()) -> Plan:
    """The plan in which these projects enter this role, or get other keys there, and those leave it."""
    return replace(plan, claims=Claims(role, claims_digest(entering), tuple(sorted(leaving))))


def ends_of(before: Before) -> dict[str, datetime]:
    """When each offline role that is trusted ends, in the order in which they are signed."""
    return {
        role: (root_of(file) if role == "root" else targets_of(file)).expires for role, file in before.files.items()
    }


def nearest_roles(before: Before) -> tuple[str, ...]:
    """The role that ends first, and those that end within a month of it."""
    ends = ends_of(before)
    first = min(ends.values())
    return tuple(role for role, end in ends.items() if end - first <= _MEETING)


def changed_roles(plan: Plan, before: Before, projects: tuple[Project, ...] = ()) -> tuple[str, ...]:
    """The roles that have to be signed anew so that all of the plan holds, and no others.

    A key that is not made yet counts as one that nobody has; `projects` are the batch that the plan names.
    """
    return tuple(role for role in plan.offline_roles if not _may_stay(role, plan, before, projects))


def check_after(plan: Plan, before: Before, projects: tuple[Project, ...] = ()) -> None:
    """Nothing, if the plan keeps every rule beside what it follows, as far as that shows before anybody enrols.

    The plan keeps PLAN_RULES already; `projects` are the batch that it names, which keeps PROJECT_RULES.
    Raises: RefusedError for the first rule it breaks.
    """
    case = SuccessionCase(foreseen(plan, before, projects), before)
    SUCCESSION_RULES.check(case)
    INCIDENT_RULES.check(case)
    ROSTER_RULES.check(EnrolmentCase(plan, kept_roster(plan, before), before))


def refusals_after(plan: Plan, before: Before, projects: tuple[Project, ...] = ()) -> tuple[RefusedError, ...]:
    """The same, with every rule that the plan breaks."""
    try:
        found = SuccessionCase(foreseen(plan, before, projects), before)
    except RefusedError as error:
        return (error,)  # without a draft there is nothing that other rules could judge
    kept = EnrolmentCase(plan, kept_roster(plan, before), before)
    books = (SUCCESSION_RULES.refusals(found), INCIDENT_RULES.refusals(found), ROSTER_RULES.refusals(kept))
    return tuple(each for refusals in books for each in refusals)


def foreseen(plan: Plan, before: Before | None, projects: tuple[Project, ...] = ()) -> Draft:
    """The draft as it will be, but for the keys that are not made yet: in their place stand keys that nobody has.

    A key that is kept and that others made trusted stands there as metadata has it.
    """
    kept = kept_roster(plan, before) if before else Roster()
    enrolled = (kept.of(each.name) or _stand_in(each, before) for each in plan.keyholders)
    return draft(plan, Roster(tuple(enrolled), projects), before)


def kept_roster(plan: Plan, before: Before) -> Roster:
    """Those who keep a key that is trusted already, each with the roles of the plan.

    The proof is that of the ceremony in which the key was made: what it may sign, metadata says.
    """
    held = ((holder, before.roster.of(holder.name)) for holder in plan.keyholders)
    return Roster(
        tuple(
            replace(each, roles=holder.roles)
            for holder, each in held
            if each is not None and each.keyid == holder.keyid
        )
    )


def _kept(holder: Keyholder, roster: Roster) -> Keyholder:
    enrolment = roster.of(holder.name)
    if enrolment is None:
        raise TamperedError(f"no key of {holder.name}, whom the plan names", "the roster of the ceremony before")
    return replace(holder, keyid=enrolment.keyid)


def _in_order(plan: Plan, ends: Mapping[str, datetime]) -> dict[str, datetime]:
    return {role: ends[role] for role in plan.offline_roles if role in ends}


def _may_stay(role: str, plan: Plan, before: Before, projects: tuple[Project, ...]) -> bool:
    others = {each: plan.window.closes for each in plan.offline_roles if each != role}
    case = SuccessionCase(foreseen(with_ends(plan, others), before, projects), before)
    try:
        change_signed.check(case)
        stands_signed.check(case)
    except RefusedError:
        return False
    return True


def _stand_in(holder: Keyholder, before: Before | None) -> Enrolment:
    # After a ceremony of ours the record tells whose key is whose; of keys that others made trusted there is none.
    fields = before.key(holder.keyid) if before and holder.keyid and is_by_others(before) else None
    return unmade_key(holder) if fields is None or spelling_trouble(fields) else unseen_key(holder, fields)
