"""While something takes a while: what it is, whom it waits for, and how far it has come."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ceremony.engine.room import Work
from ceremony.tui.widgets.ink import bar, bold, clean, lines, loud
from ceremony.tui.widgets.masthead import TICK_SECONDS

_BAR_WIDTH = 30


def work_lines(work: Work, seconds_left: int) -> Content:
    """The touch that is waited for, with its countdown, and how much is done."""
    parts: list[Content | str] = []
    if work.device is not None:
        parts.append(Content.assemble(("Device  ", "bold"), clean(f"{work.device.model} {work.device.serial}")))
    if work.seconds is not None:
        parts += ["", loud(f"{work.person}: touch your device NOW"), _countdown(work.seconds, seconds_left)]
    elif work.person:
        parts += ["", f"{clean(work.person)}: leave the device plugged in."]
    else:
        parts += ["", "Please wait."]
    if work.total:
        parts += ["", f"{bar(work.done, work.total, _BAR_WIDTH)} {work.done} of {work.total} signatures done"]
    return lines(parts)


def _countdown(seconds: int, left: int) -> str:
    return f"{bar(left, seconds, _BAR_WIDTH)} {left} seconds left" if left else "The time for the touch is over."


class WorkingPage(Vertical):
    """A page without an answer; the countdown runs by itself."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self._left = work.seconds or 0

    def compose(self) -> ComposeResult:
        """What is being done, and for whom."""
        yield Static(bold(self.work.what), classes="title")
        yield Static(work_lines(self.work, self._left), id="work")
        yield Static(id="hint")

    def on_mount(self) -> None:
        """The countdown runs."""
        self.set_interval(TICK_SECONDS, self._tick)

    def hint(self, text: str) -> None:
        """The line at the foot says this."""
        self.query_one("#hint", Static).update(loud(text))

    def _tick(self) -> None:
        self._left = max(self._left - 1, 0)
        self.query_one("#work", Static).update(work_lines(self.work, self._left))
