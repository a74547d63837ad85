"""The part of a plan that says what clients ask before bins, and which projects enter there."""

import re

from ceremony.core.fields import Table
from ceremony.core.path_patterns import PATTERN_WORDS, is_pattern
from ceremony.core.plan_values import Claims, Delegation
from ceremony.core.policy import DELEGATED_ROLE, RESERVED_ROLES
from ceremony.core.projects import PROJECT_NAME, PROJECT_NAME_WORDS

DELEGATIONS_LIMIT = 16
"""Clients ask 32 roles at most for one path; this many before bins leave room for what these delegate to."""

_PATHS_LIMIT = 64
_LEAVING_LIMIT = 1000
_ROLE_WORDS = "a name of its own: small letters, digits, single dashes; not that of another role"


def read_delegations(table: Table) -> tuple[Delegation, ...]:
    """The delegations of a plan's `table`, in order; what cannot be read is a problem."""
    found = tuple(_read_delegation(each) for each in table.tables("delegations")) if table.has("delegations") else ()
    if len(found) > DELEGATIONS_LIMIT:
        table.refuse("delegations", f"{len(found)} delegations", f"at most {DELEGATIONS_LIMIT}")
    names = [each.name for each in found]
    for place, name in enumerate(names):
        if name in names[:place]:
            table.refuse(f"delegations[{place}].name", repr(name), "a name that no other delegation has")
    return found


def read_claims(table: Table, delegations: tuple[Delegation, ...]) -> Claims | None:
    """What the plan's `table` says of projects; None where it says nothing."""
    if not table.has("claims"):
        return None
    below = table.table("claims")
    offline = [each.name for each in delegations if not each.is_online]
    found = Claims(
        role=below.text(
            "role", "|".join(offline) or r"(?!)", " or ".join(offline) or "a delegation that is not online"
        ),
        sha256=below.text("sha256", r"[0-9a-f]{64}", "64 hex digits, as `ceremony plan` writes", ""),
        leaving=below.lines("leaving", PROJECT_NAME, _LEAVING_LIMIT, PROJECT_NAME_WORDS)
        if below.has("leaving")
        else (),
    )
    if not found.sha256 and not found.leaving:
        below.refuse("sha256", "nothing", "a batch of projects, or names of those that leave")
    if [*found.leaving] != sorted(set(found.leaving)):
        below.refuse("leaving", "another order", "each name once, in order")
    below.finish("what changes among projects")
    return found


def _read_delegation(table: Table) -> Delegation:
    found = Delegation(
        name=table.text("name", DELEGATED_ROLE, _ROLE_WORDS),
        paths=table.lines("paths", r"(?s).{1,256}", _PATHS_LIMIT, PATTERN_WORDS) if table.has("paths") else (),
        is_terminating=table.flag("terminating"),
        is_online=table.flag("online"),
    )
    if re.fullmatch(RESERVED_ROLES, found.name):
        table.refuse("name", repr(found.name), _ROLE_WORDS)
    wrong = next((each for each in found.paths if not is_pattern(each)), None)
    if wrong is not None or len({*found.paths}) < len(found.paths):
        table.refuse("paths", repr(wrong or "one twice")[:60], PATTERN_WORDS)
    table.finish("a delegation")
    return found
