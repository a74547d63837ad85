"""When the next ceremony has to start, and what can be lost until then."""

from collections.abc import Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from ceremony.core.forecast import Forecast, forecast
from ceremony.core.forecast_words import (
    WINDOW_MEANING,
    calendar_words,
    left_words,
    quorum_sentence,
    state_words,
    verdict,
    window_words,
)
from ceremony.core.plan import instant_text
from ceremony.core.time_line import name_width
from ceremony.engine.forecast_subject import Subject, read_subject
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import bundles_in, metadata_in
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import CAUTION, bold, clean, cut, dim, lines, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.widgets.time_line import STYLES, TimeLineView

_LISTED = 6
_NOTHING = "Nothing has been drafted in this bundle yet: there are no dates to look at."
_NOT_OVER = "This ceremony is not over: all of this holds once everything is signed."


class Foreseen(Message, bubble=False):
    """The metadata was read, or could not be; there is none where nothing has been drafted."""

    def __init__(self, found: Forecast | CeremonyError | None, *, is_unfinished: bool = False) -> None:
        super().__init__()
        self.found = found
        self.is_unfinished = is_unfinished


class ForecastPage(Page):
    """A path, then the verdict, the time line, and what is behind them."""

    behind = "look"
    explanation = (
        "Every role ends on a day that was signed. A ceremony takes weeks, from the first call to the last signature, "
        "so each role of keyholders has a latest day to start, thirty days before its end; `ceremony forecast` takes "
        "other numbers, and tells a monitor by its exit status.\n\n"
        "A quorum is as healthy as the keys it can spare. The freeze window is how long clients can be kept at old "
        "files: it ends where something ends that they look at. Short lives make it short, and ceremonies frequent."
    )

    def compose_page(self) -> ComposeResult:
        """The line, No, and room for the forecast."""
        yield from heading("Forecast", "Type a folder: a bundle, a release or published metadata; or choose one.")
        yield LineInput(placeholder="path of a bundle or a repository, then Enter", identity="path")
        here = (*bundles_in(self.desk.folder), *metadata_in(self.desk.folder))[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(here)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Vertical(id="found")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """This bundle or repository, if any."""
        if message.value.strip():
            await self._read(typed_path(self.desk.folder, message.value))

    async def on_foreseen(self, message: Foreseen) -> None:
        """The forecast is shown, from its verdict on."""
        if message.found is None:
            await self._show(Static(_NOTHING, markup=False))
        elif isinstance(message.found, CeremonyError):
            await self._show(Static(trouble_lines(message.found)))
        else:
            await self._show(*_drawn(message.found, is_unfinished=message.is_unfinished))
        self.call_after_refresh(self._begin)

    async def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or one of those that were found."""
        if isinstance(message.choice.value, Path):
            await self._read(message.choice.value)
        else:
            self.go_back()

    def _begin(self) -> None:
        self.query_one("#page").scroll_to(y=self.query_one("#found").virtual_region.y, animate=False)

    async def _show(self, *widgets: Widget) -> None:
        found = self.query_one("#found")
        await found.remove_children()
        await found.mount_all(widgets)

    async def _read(self, path: Path) -> None:
        await self._show(Static(dim("Reading …")))
        self.run_worker(lambda: self._look(path), thread=True, exclusive=True)

    def _look(self, path: Path) -> None:
        try:
            subject = read_subject(path)
            found = self._foresee(subject)
        except CeremonyError as error:
            self.post_message(Foreseen(error))
        else:
            self.post_message(Foreseen(found, is_unfinished=subject.is_unfinished))

    def _foresee(self, subject: Subject) -> Forecast | None:
        return forecast(subject.files, self.desk.clock(), roster=subject.roster) if subject.files else None


def _drawn(found: Forecast, *, is_unfinished: bool) -> Iterator[Widget]:
    yield Static(lines(_head(found)))
    yield TimeLineView(found)
    yield Static(lines(["", bold("ROLES"), *_roles(found), "", bold("QUORUMS")]))
    for quorum in found.quorums:
        yield Fact(clean(quorum.role), quorum_sentence(quorum))
    yield Static(lines([*(loud(f"{CAUTION} {each}") for each in found.cautions), "", bold("FREEZE WINDOW")]))
    for window in found.windows:
        withheld, stolen = window_words(window, found.now)
        told = f"withheld {withheld} ({window.withheld_by}), stolen {stolen} ({window.stolen_by})"
        yield Fact(clean(window.role), told)
    days = map(clean, calendar_words(found.calendar))
    yield Static(lines([dim(WINDOW_MEANING), "", bold("NEXT DAYS"), *days]))
    if is_unfinished:
        yield Static(loud(f"{CAUTION} {_NOT_OVER}"))


def _head(found: Forecast) -> Iterator[Content]:
    mark = ", a rehearsal" if found.is_rehearsal else ""
    yield bold(f"{found.repository or 'A repository that root does not name'}{mark}, at {instant_text(found.now)}")
    yield Content.styled(clean(verdict(found)), STYLES[found.state])


def _roles(found: Forecast) -> Iterator[Content]:
    width = name_width(found)
    for each in found.roles:
        told = f"ends {instant_text(each.expires)}, {left_words(each.time_left)}; "
        words = clean(state_words(each, found.now.date()))
        yield Content.assemble(f"{cut(each.role, width - 1):<{width}}", told, (words, STYLES[each.state]))
