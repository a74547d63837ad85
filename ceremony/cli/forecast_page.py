"""How a forecast stands on a plain terminal: the verdict, the time line, and what is behind them."""

from collections.abc import Iterator

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from ceremony.cli.drawing import plain
from ceremony.core.forecast import Forecast, State
from ceremony.core.forecast_words import (
    WINDOW_MEANING,
    calendar_words,
    left_words,
    quorum_words,
    state_words,
    verdict,
    window_words,
)
from ceremony.core.plan import instant_text
from ceremony.core.time_line import BOX, LEGEND, name_width, time_line

STYLES: dict[State, str] = {"good": "green", "soon": "yellow", "late": "bold red", "expired": "bold red"}
_WIDEST = 120


class TimeLineDrawing:
    """The time line of a forecast, as wide as the console; in letters of ASCII where it has no others."""

    def __init__(self, found: Forecast) -> None:
        self._found = found

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Dates, ruler, one row for each role, and what the letters mean."""
        width = name_width(self._found)
        drawn = time_line(self._found, min(options.max_width, _WIDEST) - width - 1)
        letters = {} if options.ascii_only else BOX
        margin = " " * width
        yield plain(f"{margin}{drawn.dates}".rstrip(), "dim")
        yield plain(f"{margin}{drawn.ruler}".translate(letters), "dim")
        for each, (role, row) in zip(self._found.roles, drawn.rows, strict=True):
            name = f"{role[: width - 1]:<{width}}"
            yield Text.assemble(_line(name), plain(row.rstrip().translate(letters), STYLES[each.state]))
        yield plain(f"{margin}{LEGEND}".translate(letters), "dim")


def draw_forecast(found: Forecast) -> Iterator[RenderableType]:
    """Each part of the page, from the verdict to the cautions."""
    name = found.repository or "a repository that root does not name"
    mark = " (REHEARSAL)" if found.is_rehearsal else ""
    yield _line(f"Forecast for {name}{mark} at {instant_text(found.now)}", "bold")
    yield _line(verdict(found), STYLES[found.state])
    yield Text()
    yield TimeLineDrawing(found)
    yield _draw_roles(found)
    yield _draw_quorums(found)
    for sentence in found.cautions:
        yield _line(f"! {sentence}", "yellow")
    yield Text()
    yield _draw_windows(found)
    yield plain(WINDOW_MEANING, "dim")
    yield from (Text(), plain("Next days", "italic"))
    yield from (_line(f"  {sentence}") for sentence in calendar_words(found.calendar))


def _draw_roles(found: Forecast) -> Table:
    table = Table(box=box.SIMPLE)
    for heading in ("role", "ends", "left", "what to do"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("ends", "left"))
    for each in found.roles:
        ends, left = instant_text(each.expires), left_words(each.time_left)
        cells = (f"{each.role} {each.version}", ends, left, state_words(each, found.now.date()))
        table.add_row(*map(_line, cells), style=STYLES[each.state] if each.state != "good" else "")
    return table


def _draw_quorums(found: Forecast) -> Table:
    table = Table(title="Quorums", box=box.SIMPLE, title_justify="left")
    for heading in ("role", "sign", "may be lost", "an attacker needs", "keys"):
        table.add_column(heading, overflow="fold")
    for each in found.quorums:
        names = ", ".join(key.name for key in each.keys)
        table.add_row(*map(_line, (each.role, *quorum_words(each), names)))
    return table


def _draw_windows(found: Forecast) -> Table:
    table = Table(title="Freeze window", box=box.SIMPLE, title_justify="left")
    for heading in ("role", "withheld", "online key stolen"):
        table.add_column(heading, overflow="fold")
    for each in found.windows:
        withheld, stolen = window_words(each, found.now)
        cells = (each.role, f"{withheld} ({each.withheld_by})", f"{stolen} ({each.stolen_by})")
        table.add_row(*map(_line, cells))
    return table


def _line(text: str, style: str = "") -> Text:
    # The name of a role is whatever somebody signed: a line end in it must not begin a line of ours.
    return plain(text.replace("\n", "?"), style)
