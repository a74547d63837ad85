"""The forecast: when each role ends, by which day a ceremony has to start, and how its quorums stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from ceremony.core import strict_json
from ceremony.core.draft import REHEARSAL_FIELD, REPOSITORY_FIELD
from ceremony.core.forecast_roles import DatedRole, dated_roles, stated_lifetimes
from ceremony.core.freeze_window import FreezeWindow, freeze_windows
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.quorum_cautions import quorum_cautions
from ceremony.core.quorum_health import QuorumHealth, health_of
from ceremony.core.roster import Roster

State: TypeAlias = Literal["good", "soon", "late", "expired"]

STATES: tuple[State, ...] = ("good", "soon", "late", "expired")
"""From the best to the worst."""

LEAD_DAYS = 30
"""How long before the end a ceremony has to start, unless somebody knows better. From the first call to the last
signature, ceremonies with people in several places have taken seven to eleven days in published histories; the rest is
for a first date that fails, a device that has to be replaced, and publication."""

WARN_DAYS = 14
"""How long before the latest day to start it is said that the day is near."""

_NOBODY = Roster()


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts as late here: how many days a ceremony takes, and how many days before that it is called near."""

    lead_days: int = LEAD_DAYS
    warn_days: int = WARN_DAYS


USUAL_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class RoleForecast:
    """One role. `start_by` is the latest UTC day to start a ceremony, None for a role that needs none.

    A role of keyholders is `soon` on the last days up to that day, `late` after it. A role of the online signer is
    `late` when less than a sixth of its lifetime is left, as far as that is stated: it signs anew at a third.
    """

    role: str
    version: int
    expires: datetime
    is_online: bool
    start_by: date | None
    time_left: timedelta
    state: State


@dataclass(frozen=True, slots=True)
class Occasion:
    """A day to come on which something is due for these roles: the latest day to "start", or the day they "end"."""

    day: date
    kind: Literal["start", "end"]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """All of it, at one moment. `repository` is "" where root does not name it.

    `quorums` are those of keyholders, in the order of `roles`; `windows` has one for each role; `calendar` is in order
    of days and knows keyholders' roles only; `cautions` are sentences.
    """

    now: datetime
    terms: Terms
    repository: str
    is_rehearsal: bool
    roles: tuple[RoleForecast, ...]
    quorums: tuple[QuorumHealth, ...]
    windows: tuple[FreezeWindow, ...]
    calendar: tuple[Occasion, ...]
    cautions: tuple[str, ...]

    @property
    def state(self) -> State:
        """The worst state of any role."""
        return max((each.state for each in self.roles), key=STATES.index)

    def in_state(self, state: State) -> tuple[str, ...]:
        """The roles in this state."""
        return tuple(each.role for each in self.roles if each.state == state)


def forecast(
    files: Iterable[MetadataFile], now: datetime, terms: Terms = USUAL_TERMS, roster: Roster = _NOBODY
) -> Forecast:
    """The forecast for these files at `now` (UTC); the roster tells who holds which key.

    The files are at least root and targets; what is below targets, snapshot and timestamp count where they are there,
    and of several versions the newest. Signatures are not looked at: whoever hands them in trusts them already.
    Raises: TamperedError if root or targets is missing, or a payload is no metadata.
    """
    given = tuple(files)
    roles = dated_roles(given)
    stated = stated_lifetimes(given)
    kept = (each for each in roles if each.role in OFFLINE_ROLES or not each.is_online)
    quorums = tuple(health_of(each.quorum, roster, each.online_votes) for each in kept)
    told = tuple(_role(each, stated.get(each.role), now, terms) for each in roles)
    root = max((each for each in given if each.role == "root"), key=lambda each: each.version)
    repository, is_rehearsal = _marks(root)
    return Forecast(
        now,
        terms,
        repository,
        is_rehearsal,
        told,
        quorums,
        freeze_windows(roles, stated, now),
        _calendar(told, now),
        tuple(quorum_cautions(quorums)),
    )


def days_before(day: date, count: int) -> date:
    """The day so many days earlier, or the first of all days."""
    return date.fromordinal(max(day.toordinal() - count, 1))


def _role(found: DatedRole, lifetime: timedelta | None, now: datetime, terms: Terms) -> RoleForecast:
    start_by = None if found.is_online else days_before(found.expires.date(), terms.lead_days)
    state = _state(found.expires, start_by, lifetime, now, terms.warn_days)
    return RoleForecast(found.role, found.version, found.expires, found.is_online, start_by, found.expires - now, state)


def _state(
    expires: datetime, start_by: date | None, lifetime: timedelta | None, now: datetime, warn_days: int
) -> State:
    # Spec: 5.3.10 and its likes; at the very moment of its end a file has ended.
    if now >= expires:
        return "expired"
    if start_by is None:
        return "late" if lifetime is not None and expires - now < lifetime / 6 else "good"
    if now.date() > start_by:
        return "late"
    return "soon" if now.date() > days_before(start_by, warn_days) else "good"


def _calendar(roles: tuple[RoleForecast, ...], now: datetime) -> tuple[Occasion, ...]:
    due: dict[tuple[date, Literal["start", "end"]], list[str]] = {}
    for each in roles:
        if each.start_by is None or each.state == "expired":
            continue
        if each.start_by >= now.date():
            due.setdefault((each.start_by, "start"), []).append(each.role)
        due.setdefault((each.expires.date(), "end"), []).append(each.role)
    # On one day, what ends stands after what has to start.
    ordered = sorted(due.items(), key=lambda item: (item[0][0], item[0][1] == "end"))
    return tuple(Occasion(day, kind, tuple(names)) for (day, kind), names in ordered)


def _marks(root: MetadataFile) -> tuple[str, bool]:
    fields = strict_json.decode_canonical(root.payload, root.name)
    found = fields if isinstance(fields, dict) else {}
    name = found.get(REPOSITORY_FIELD)
    return (name if isinstance(name, str) else ""), bool(found.get(REHEARSAL_FIELD))
