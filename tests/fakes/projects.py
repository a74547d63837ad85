"""Projects with keys in software, and what they enter: every value valid until a test changes it.

`project("demo")` has one key, with its proof, for `files/demo/*`; `delegating()` is what follows the ceremony of
`fakes.people` once clients ask claimed and recently-claimed before bins; `claiming(project("demo"), ...)` is the plan
after that in which these enter claimed.
"""

from dataclasses import replace
from typing import Any

from fakes.people import REPOSITORY, enrolment, plan, signature, signed, signer
from fakes.succession import WINDOW, ends

from ceremony.core.before import Before
from ceremony.core.draft import draft
from ceremony.core.keys import fields_of
from ceremony.core.plan import Delegation, Plan
from ceremony.core.plan_after import plan_after, with_claims, with_delegations
from ceremony.core.plan_before_bins import with_names
from ceremony.core.possession import project_message
from ceremony.core.project_rules import ProjectCase
from ceremony.core.projects import Project, ProjectKey
from ceremony.core.roster import Roster
from ceremony.core.trusted import trust

CLAIMED = Delegation("claimed")
RECENT = Delegation("recently-claimed", is_online=True)

__all__ = [
    "CLAIMED",
    "RECENT",
    "case",
    "claiming",
    "delegating",
    "following",
    "key",
    "project",
    "trusted",
    "with_claimed_again",
    "without_claimed",
]


def key(owner: str, name: str, repository: str = REPOSITORY, scheme: str = "", **changes: Any) -> ProjectKey:  # noqa: ANN401  # any field of a project
    """The key of this developer, which has proved itself for the project of this name; `changes` are fields of it."""
    public = signer(owner, scheme).public_key
    bare = replace(Project(name, (f"files/{name}/*",), 1, ()), **changes)
    message = project_message(repository, bare, public.keyid)
    return ProjectKey(fields_of(public), signature(owner, message, scheme).signature)


def project(name: str = "demo", *owners: str, repository: str = REPOSITORY, **changes: Any) -> Project:  # noqa: ANN401  # any field of a project
    """A project with the keys of these developers, of its own if none is named; `changes` are fields of it."""
    claimed = {field: value for field, value in changes.items() if field != "keys"}
    held = tuple(key(owner, name, repository, **claimed) for owner in owners or (f"developer of {name}",))
    return replace(Project(name, (f"files/{name}/*",), 1, held), **changes)


def first(*delegations: Delegation, **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """The first plan of ann, bob and cyd, with these delegations before bins; everybody signs the offline ones."""
    found = plan(**changes)
    offline = [each.name for each in delegations if not each.is_online]
    changed = with_delegations(found, delegations, dict.fromkeys(offline, 2))
    return replace(
        changed,
        keyholders=tuple(replace(each, roles=changed.offline_roles) for each in changed.keyholders),
        expires={role: found.expires.get(role, found.expires["bins"]) for role in changed.offline_roles},
    )


def trusted(*projects: Project, delegations: tuple[Delegation, ...] = (CLAIMED, RECENT)) -> Before:
    """What is trusted after a first ceremony with these delegations, in the first of which these projects are."""
    found = first(*delegations)
    found = with_claims(found, delegations[0].name, projects) if projects else found
    roster = Roster(tuple(enrolment(found, holder) for holder in found.keyholders), projects)
    files = signed(draft(found, roster).files, "ann", "bob")
    shown = {each.name: each.encode() for each in files}
    return Before(trust(shown["1.root.json"], shown), replace(roster, projects=()))


def following(start: Before, found: Plan) -> Before:
    """What is trusted once this plan, in which everybody keeps their keys, is carried out after `start`."""
    signed_now = signed(draft(found, Roster(start.roster.enrolments), start).files, "ann", "bob")
    files = [*start.trusted.roots, *start.trusted.targets.values(), *signed_now]
    shown = {each.name: each.encode() for each in files}
    return Before(trust(shown["1.root.json"], shown), start.roster)


def without_claimed() -> Before:
    """What is trusted once clients ask recently-claimed alone, and no longer claimed."""
    start = trusted()
    found = with_names(delegating(start), ("recently-claimed",))
    return following(start, replace(found, expires={"targets": ends("bins")["bins"]}))


def with_claimed_again(start: Before) -> Plan:
    """The plan after that in which claimed comes back, first of all."""
    base = plan_after(start, first(RECENT), "delegation", name="the-return", window=WINDOW, expires={})
    end = ends("bins")["bins"]
    return replace(with_names(base, ("claimed", "recently-claimed")), expires={"targets": end, "claimed": end})


def delegating(start: Before | None = None, kind: str = "delegation", **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """A plan that follows it and keeps everything; it signs claimed alone. `changes` are fields of it."""
    last = first(CLAIMED, RECENT)
    found = plan_after(start or trusted(), last, kind, name=f"the-{kind}", window=WINDOW, expires={})
    return replace(found, expires={"claimed": ends("bins")["bins"]}, **changes)


def claiming(*projects: Project, leaving: tuple[str, ...] = (), start: Before | None = None) -> Plan:
    """The plan in which these projects enter claimed, and those leave it."""
    return with_claims(delegating(start), "claimed", projects, leaving)


def case(*projects: Project, start: Before | None = None, **changes: Any) -> ProjectCase:  # noqa: ANN401  # any field of a plan
    """These projects beside the plan in which they enter claimed; `changes` are fields of the plan."""
    found = replace(claiming(*projects, start=start), **changes)
    return ProjectCase(found, projects, start or trusted())
