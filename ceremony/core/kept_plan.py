"""The plan with which a ceremony begins that follows another: everything is kept, and what ends soon is signed anew."""

import re
from datetime import UTC, datetime, timedelta

from ceremony.core.before import Before
from ceremony.core.plan import EMERGENCY, KINDS, Plan, Window
from ceremony.core.plan_after import nearest_roles, plan_after

KINDS_AFTER = tuple(kind for kind in KINDS if kind not in {"initial", EMERGENCY})
"""The kinds of ceremonies that follow another in quiet times."""

MEETING = timedelta(days=7)
"""How long a ceremony may be held, unless somebody says otherwise."""

_HASTE = timedelta(days=2)
"""The same in an emergency: published histories know one that gathered its threshold in a day and a third."""

_YEAR = timedelta(days=365)
_NAME_LETTERS = 40


def kept_plan(before: Before, last: Plan, kind: str, now: datetime) -> Plan:
    """The plan of this kind, from the hour of `now` on, that keeps all of `last`: dates change, and those of few roles.

    A refresh signs what ends first, and with it what ends soon after; a delegation signs targets, a rotation root.
    Raises: TamperedError if a keyholder of `last` has no key in the roster there.
    """
    opens = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    closes = opens + (_HASTE if kind == EMERGENCY else MEETING)
    roles = nearest_roles(before) if kind == "refresh" else ("targets" if kind == "delegation" else "root",)
    return plan_after(
        before,
        last,
        kind,
        name=_name(last, kind, opens),
        window=Window(opens, closes),
        expires={role: closes + usual_lifetime(last, role) for role in roles},
    )


def usual_lifetime(last: Plan, role: str) -> timedelta:
    """How long this role lasted by the last plan, or else a year."""
    end = last.expires.get(role)
    return end - last.window.closes if end else _YEAR


def _name(last: Plan, kind: str, opens: datetime) -> str:
    """Another name than that of the last plan: the repository's, the month's and the kind's, or else the day's."""
    wanted = plan_name(last.repository, f"{opens:%Y-%m}", kind)
    return wanted if wanted != last.id else plan_name(last.repository, f"{opens:%Y-%m-%d}", kind)


def plan_name(repository: str, moment: str, kind: str) -> str:
    """What a ceremony of this repository and this kind is called; `moment` tells it from others, such as 2027-01."""
    name = re.sub(r"[^a-z0-9]+", "-", repository.casefold()).strip("-")[:_NAME_LETTERS]
    return f"{name}-{moment}-{kind}"
