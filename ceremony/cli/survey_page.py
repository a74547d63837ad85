"""How the survey of a repository stands on a plain terminal: who comes how far, every root, and what was found."""

from collections.abc import Iterator
from datetime import datetime

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ceremony.cli.drawing import plain
from ceremony.core.findings import CLIENTS
from ceremony.core.foreign import Survey, Surveyed
from ceremony.core.plan import instant_text
from ceremony.core.quorum_cautions import listed
from ceremony.core.survey_words import (
    CLIENTS_MEANING,
    MEANINGS,
    UNVOUCHED,
    Found,
    advice,
    client_words,
    found_in,
    progress_words,
    start_words,
    title_of,
    whom_words,
)
from ceremony.engine.surveying import LookedThrough

_WHERE_SHOWN = 4
_STYLES = ("", "yellow", "red")
"""By how many kinds of clients are stopped."""


def draw_survey(looked: LookedThrough, now: datetime) -> Iterator[RenderableType]:
    """Each part of the page, from what was looked through to what to do now."""
    found = looked.survey
    yield _line(f"Survey of {title_of(found)}, at {instant_text(now)}", "bold")
    yield _line(start_words(found, is_pinned=looked.is_pinned))
    if not looked.is_pinned:
        yield _line(f"! {UNVOUCHED}", "yellow")
    yield Text()
    for client in CLIENTS:
        reaches = found.reaches(client)
        yield _line(client_words(found, client), "green" if reaches and not found.stopped(client) else "red")
        for name, each in () if reaches else found.reasons(client):
            yield _indented(f"{name}: {each.found} ({each.name}); right would be: {each.wanted}")
    yield plain(CLIENTS_MEANING, "dim")
    ended = [f"{each.name} on {_end(each)}" for each in found.expired(now)]
    if ended:
        yield _line(f"! Ended, so that clients refuse it, or this is an old copy: {listed(ended)}.", "yellow")
    yield _draw_roots(found)
    yield from _draw_findings(found)
    yield Text()
    yield plain("What to do now", "italic")
    yield from (_indented(sentence) for sentence in _advice(looked, now))


def _draw_roots(found: Survey) -> Table:
    table = Table(box=box.SIMPLE)
    for heading in ("root", "ends", "under the one before", "under itself", "it stops"):
        table.add_column(heading, overflow="fold")
    for each in found.roots:
        stopped = [client for client in CLIENTS if each.stopping(client)]
        cells = (str(each.version), _end(each), *progress_words(each), whom_words(stopped).removeprefix("stops "))
        table.add_row(*map(_line, cells), style=_STYLES[len(stopped)])
    return table


def _draw_findings(found: Survey) -> Iterator[RenderableType]:
    kinds = found_in(found)
    yield plain("What was found" if kinds else "Nothing is out of the ordinary in any file.", "italic")
    for each in kinds:
        yield _line(f"{each.finding.name}, {whom_words(each.finding.stops)}: {_places(each)}", _STYLES[_weight(each)])
        yield _indented(f"{each.finding.found}; right would be: {each.finding.wanted}")
        yield _indented(MEANINGS[each.finding.name], "dim")


def _places(each: Found) -> str:
    others = len(each.where) - _WHERE_SHOWN
    return ", ".join(each.where[:_WHERE_SHOWN]) + (f" and {others} more" if others > 0 else "")


def _weight(each: Found) -> int:
    return len(each.finding.stops)


def _advice(looked: LookedThrough, now: datetime) -> Iterator[str]:
    """What to do now; what is refused brings advice of its own besides."""
    if not looked.is_pinned:
        yield (
            "Get a root by a way of its own: from a keyholder, from minutes on paper, out of a program that you trust "
            "already. Then survey again with --pinned and that file."
        )
    yield from advice(looked.survey, now)
    if looked.is_pinned and looked.state(now) == "good":
        yield "Nothing."


def _end(each: Surveyed) -> str:
    return "-" if each.expires is None else f"{each.expires:%Y-%m-%d}"


def _indented(text: str, style: str = "") -> RenderableType:
    return Padding(_line(text, style), (0, 0, 0, 3), expand=False)


def _line(text: str, style: str = "") -> Text:
    # Names of roles and what is found are whatever strangers wrote: a line end in them must not begin a line of ours.
    return plain(text.replace("\n", "?"), style)
