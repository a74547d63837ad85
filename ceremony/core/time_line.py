"""The time line: one row of letters for each role, from a little before now to the last end, all at one scale.

Only letters of ASCII, so that every terminal, mail and printer has them; a screen may draw the lines with its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from ceremony.core.forecast import Forecast, RoleForecast

NOW = "|"
START = "S"
END = "E"
QUIET = "-"
LEAD = "="
OVER = "x"
BEFORE = "<"
BEYOND = ">"
TICK = "+"

LEGEND = f"{NOW} now  {START} latest day to start  {LEAD} time to sign  {END} ends  {OVER} refused"

BOX = str.maketrans({QUIET: "─", LEAD: "═", NOW: "│", TICK: "┬"})
"""The same lines in letters that nearly every terminal has."""

WIDTH_FLOOR = 20
_NAME_LETTERS = 16
_DAY = 86_400
_SHORTEST = 30 * _DAY
_LONGEST = 730 * _DAY


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Lines of one width: the dates, the ruler below them, and for each role its name and its row, in their order."""

    dates: str
    ruler: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where moments fall: seconds from now, of the first column and behind the last one."""

    first: float
    last: float
    width: int

    def place(self, seconds: float) -> int:
        """The column of this moment; below zero or too large for one that is not shown."""
        share = (seconds - self.first) / (self.last - self.first)
        return int(max(-1.0, min(share, 2.0)) * self.width // 1)


def time_line(found: Forecast, width: int) -> TimeLine:
    """The time line of this forecast, `width` columns wide and never less than WIDTH_FLOOR.

    It reaches to the last end of a keyholders' role, but at most two years, and back to what is overdue, but over half
    of its width at most. What lies outside is marked at the edge.
    """
    offline = [each for each in found.roles if each.start_by is not None]
    ends = [_seconds(found.now, each.expires) for each in offline]
    starts = [_seconds(found.now, _noon(each.start_by)) for each in offline if each.start_by is not None]
    future = min(max(*ends, _SHORTEST) * 1.02, _LONGEST)
    past = min(max(-min(*ends, *starts, 0), 0), future)
    scale = _Scale(-past, future, max(width, WIDTH_FLOOR))
    dates, ruler = _ruler(scale, found.now)
    return TimeLine(dates, ruler, tuple((each.role, _row(each, found.now, scale)) for each in found.roles))


def name_width(found: Forecast) -> int:
    """How wide the column of names is beside the rows, with the space behind it; longer names have to be cut."""
    return min(max(len(each.role) for each in found.roles), _NAME_LETTERS) + 2


def _row(each: RoleForecast, now: datetime, scale: _Scale) -> str:
    here, end = scale.place(0), scale.place(_seconds(now, each.expires))
    start = end if each.start_by is None else scale.place(_seconds(now, _noon(each.start_by)))
    cells = [" "] * scale.width
    for column in range(max(min(here, start), 0), min(max(end, here), scale.width)):
        cells[column] = OVER if column > end else QUIET if column < start else LEAD
    _mark(cells, here, NOW)
    if each.start_by is not None:
        _mark(cells, start, START)
    _mark(cells, end, END)
    return "".join(cells)


def _mark(cells: list[str], column: int, letter: str) -> None:
    if 0 <= column < len(cells):
        cells[column] = letter
    elif letter == END:
        cells[0 if column < 0 else -1] = BEFORE if column < 0 else BEYOND


def _ruler(scale: _Scale, now: datetime) -> tuple[str, str]:
    """The finest ruler whose dates do not run into each other."""
    begin, end = _moment(now, scale.first).date(), _moment(now, scale.last).date()
    for ticks in _rulers(begin, end):
        places = [(scale.place(_seconds(now, _midnight(day))), label) for day, label in ticks]
        shown = [(column, label) for column, label in places if 0 <= column <= scale.width - len(label)]
        gaps = [after[0] - before[0] for before, after in pairwise(shown)]
        if all(gap >= len(shown[0][1]) + 2 for gap in gaps):
            return _written(shown, scale.width, mark=False), _written(shown, scale.width, mark=True)
    return " " * scale.width, QUIET * scale.width


def _written(ticks: list[tuple[int, str]], width: int, *, mark: bool) -> str:
    line = (QUIET if mark else " ") * width
    for column, label in ticks:
        text = TICK if mark else label
        line = line[:column] + text + line[column + len(text) :]
    return line


def _rulers(begin: date, end: date) -> Iterator[list[tuple[date, str]]]:
    for step in (1, 2, 7, 14):
        days = range(begin.toordinal(), end.toordinal() + 1, step)
        yield [(day, f"{day:%m-%d}") for day in map(date.fromordinal, days)]
    for step in (1, 2, 3, 6, 12):
        months = (
            month for month in range(begin.year * 12 + begin.month, end.year * 12 + end.month) if month % step == 0
        )
        yield [(date(month // 12, month % 12 + 1, 1), f"{month // 12:04}-{month % 12 + 1:02}") for month in months]


def _seconds(now: datetime, moment: datetime) -> float:
    return (moment - now).total_seconds()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _moment(now: datetime, seconds: float) -> datetime:
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if seconds > 0 else datetime.min.replace(tzinfo=UTC)
