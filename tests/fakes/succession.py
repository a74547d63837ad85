"""What follows the ceremony of `fakes.people`: what is trusted once it is over, and plans and drafts that come after.

Start from `before()`; `after("rotation")` is a plan that keeps everything, and `case(plan)` its draft beside what it
follows, in which whoever keeps no key is enrolled with another:

    case(with_new_device(after("rotation"), "cyd"))
    case(after("refresh", expires=ends("root")))
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from fakes.people import OPENS, enrolment, plan, roster, sealed

from ceremony.core.before import Before
from ceremony.core.draft import draft
from ceremony.core.plan import Plan, Window
from ceremony.core.plan_after import plan_after
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.succession_rules import SuccessionCase
from ceremony.core.trusted import trust

WINDOW = Window(OPENS + timedelta(days=60), OPENS + timedelta(days=62))
"""When the ceremony that follows may take place: before anything ends."""


@cache
def before() -> Before:
    """What is trusted after the ceremony of ann, bob and cyd, and its roster."""
    files = {each.name: each.encode() for each in sealed().files}
    return Before(trust(files["1.root.json"], files), roster(plan()))


def ends(*roles: str, days: int = 400) -> dict[str, datetime]:
    """So many days after the window, for these roles; for every offline role if none is named."""
    return {role: WINDOW.closes + timedelta(days=days) for role in OFFLINE_ROLES if role in (roles or OFFLINE_ROLES)}


def after(kind: str = "rotation", **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """A plan that follows and keeps everything, with new ends for every role; `changes` are fields of it."""
    return replace(plan_after(before(), plan(), kind, name=f"the-{kind}", window=WINDOW, expires=ends()), **changes)


def case(found: Plan, start: Before | None = None) -> SuccessionCase:
    """The draft of this plan beside what it follows, everybody enrolled."""
    start = start or before()
    return SuccessionCase(draft(found, roster_after(found, start), start), start)


def roster_after(found: Plan, start: Before | None = None) -> Roster:
    """Those who keep their keys as they were enrolled; whoever gets another has the key of "NAME again"."""
    return Roster(tuple(_enrolled(found, place, start or before()) for place in range(len(found.keyholders))))


def _enrolled(found: Plan, place: int, start: Before) -> Enrolment:
    holder = found.keyholders[place]
    kept = start.roster.of(holder.name) if holder.keyid else None
    return kept or enrolment(found, holder, f"{holder.name} again")
