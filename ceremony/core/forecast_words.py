"""The forecast in words, the same on a screen and on paper."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ceremony.core.forecast import Forecast, Occasion, RoleForecast
from ceremony.core.freeze_window import FreezeWindow
from ceremony.core.quorum_cautions import listed
from ceremony.core.quorum_health import QuorumHealth

_OCCASIONS_SHOWN = 2


def verdict(found: Forecast) -> str:
    """The forecast in a sentence or two: its state, why, and when the next ceremony has to start."""
    told = [*_trouble(found), _next_start(found)]
    first = " ".join(f"{each[0].upper()}{each[1:]}" if place else each for place, each in enumerate(told))
    return f"{found.state.upper()}: {first}"


def _trouble(found: Forecast) -> Iterator[str]:
    expired = found.in_state("expired")
    if expired:
        yield f"clients refuse {listed(expired)}, or this is an old copy."
    slow = [each.role for each in found.roles if each.is_online and each.state == "late"]
    if slow:
        yield f"the online signer should have renewed {listed(slow)} by now."


def _next_start(found: Forecast) -> str:
    due = [each.role for each in found.roles if each.start_by is not None and each.state in ("late", "expired")]
    if due:
        return f"start a ceremony now, for {listed(due)}."
    first = min(each.start_by for each in found.roles if each.start_by is not None)
    near = [each.role for each in found.roles if each.start_by is not None and each.state == "soon"]
    return f"start a ceremony for {listed(near)} by {first}." if near else f"no ceremony has to start before {first}."


def state_words(each: RoleForecast, today: date) -> str:
    """What the state of one role asks for, in a few words."""
    if each.state == "expired":
        return "ended: clients refuse it"
    if each.start_by is None:
        return "renewed online, but late" if each.state == "late" else "renewed online"
    if each.state == "late":
        return f"start now, {_days((today - each.start_by).days)} late"
    left = (each.start_by - today).days
    return f"start by {each.start_by}" if each.state == "good" else f"start within {_days(left + 1)}"


def left_words(left: timedelta) -> str:
    """So much time, or how long ago it was up, in the largest unit of which there are two."""
    seconds = abs(int(left.total_seconds()))
    words = f"{seconds // 60} min"
    for unit, size in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * size:
            words = f"{seconds // size} {unit}"
            break
    return words if left > timedelta(0) else f"{words} ago"


def calendar_words(calendar: tuple[Occasion, ...]) -> Iterator[str]:
    """The next two days on which something is due."""
    for each in calendar[:_OCCASIONS_SHOWN]:
        if each.kind == "start":
            yield f"{each.day}  latest day to start a ceremony for {listed(each.roles)}"
        else:
            yield f"{each.day}  {listed(each.roles)} {'ends' if len(each.roles) == 1 else 'end'}"


def quorum_words(each: QuorumHealth) -> tuple[str, str, str]:
    """How many sign of how many, how many may be lost, and how many an attacker needs."""
    lost = str(each.spare) if each.spare >= 0 else "too many are lost"
    return (f"{each.threshold} of {each.count}", lost, "-" if each.needed is None else str(each.needed))


def quorum_sentence(each: QuorumHealth) -> str:
    """The same in one line, and whose keys they are."""
    sign, lost, needed = quorum_words(each)
    names = ", ".join(key.name for key in each.keys)
    if each.needed is None:
        return f"{sign} sign; {lost}: nobody can sign it any more; {names}"
    return f"{sign} sign; {lost} may be lost; an attacker needs {needed}; {names}"


def window_words(each: FreezeWindow, now: datetime) -> tuple[str, str]:
    """For how long somebody in between, and a thief of the online key, can keep a client at this role as it is."""
    return _lasting(each.withheld_until, now), _lasting(each.stolen_until, now)


WINDOW_MEANING = (
    "Withheld: somebody between clients and repository shows them old files only. Stolen: what a thief of the online "
    "key can still do, once keyholders have replaced it. Both at most, until the end of the role in brackets."
)


def _lasting(moment: datetime, now: datetime) -> str:
    return left_words(moment - now) if moment > now else "not at all"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
