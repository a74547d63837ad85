"""The plan with which a ceremony begins that follows another: everything is kept, and what ends soon is signed anew."""

from datetime import datetime, timedelta

from ceremony.core.before import Before
from ceremony.core.plan import KINDS, Plan, Window
from ceremony.core.plan_after import nearest_roles, plan_after
from ceremony.tui.plan_form import INITIAL

KINDS_AFTER = tuple(kind for kind in KINDS if kind != INITIAL)
"""The kinds of ceremonies that follow another."""

_MEETING = timedelta(days=2)
_YEAR = timedelta(days=365)


def kept_plan(before: Before, last: Plan, kind: str, now: datetime) -> Plan:
    """The plan of this kind, from the hour of `now` on, that keeps all of `last`: dates change, and those of few roles.

    A rotation signs root; a refresh what ends first, and with it what ends soon after.
    Raises: TamperedError if a keyholder of `last` has no key in the roster there.
    """
    opens = now.replace(minute=0, second=0, microsecond=0)
    closes = opens + _MEETING
    roles = nearest_roles(before) if kind == "refresh" else ("root",)
    return plan_after(
        before,
        last,
        kind,
        name=_name(last, kind, opens),
        window=Window(opens, closes),
        expires={role: closes + _lifetime(last, role) for role in roles},
    )


def _lifetime(last: Plan, role: str) -> timedelta:
    """How long the role lasted by the last plan, or else a year."""
    return last.expires[role] - last.window.closes if role in last.expires else _YEAR


def _name(last: Plan, kind: str, opens: datetime) -> str:
    name = f"{kind}-{opens:%Y-%m-%d}"
    return name if name != last.id else f"{name}-again"
