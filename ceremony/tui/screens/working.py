"""While something takes a while: what it is, which device it waits for, how to touch it, and what if nobody does."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ceremony.engine.room import Work
from ceremony.tui.widgets.device_card import DeviceCard
from ceremony.tui.widgets.device_words import touch_words
from ceremony.tui.widgets.ink import bar, bold, clean, lines, loud
from ceremony.tui.widgets.masthead import TICK_SECONDS

_BAR_WIDTH = 30


def work_lines(work: Work, seconds_left: int) -> Content:
    """The touch that is waited for, with its countdown, and how much is done."""
    parts: list[Content | str] = []
    if work.seconds is not None:
        parts += _touch(work, work.seconds, seconds_left)
    elif work.person:
        parts.append(f"{clean(work.person)}: leave the device plugged in.{_pad_words(work)}")
    else:
        parts.append("Please wait.")
    if work.total:
        parts += ["", f"{bar(work.done, work.total, _BAR_WIDTH)} {work.done} of {work.total} signatures done"]
    return lines(parts)


def _touch(work: Work, seconds: int, left: int) -> Iterable[Content | str]:
    touched = touch_words(work.device) if work.device is not None else "your device"
    if left:
        yield loud(f"{work.person}: touch {touched} NOW")
        yield f"{bar(left, seconds, _BAR_WIDTH)} {left} seconds left"
        yield "Touch it once, lightly, as long as it blinks. Leave it plugged in."
    else:
        yield loud("The time for the touch is over.")
        yield bar(0, seconds, _BAR_WIDTH)
        yield "The device gives up by itself in a moment. Leave it plugged in."
    yield "Without a touch in time nothing is signed, and you are asked again."


def _pad_words(work: Work) -> str:
    if work.device is None or not work.device.has_pin_pad:
        return ""
    return " If it asks for its PIN, type it on the device itself."


class WorkingPage(Vertical):
    """A page without an answer; the countdown runs by itself."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self._left = work.seconds or 0

    def compose(self) -> ComposeResult:
        """What is being done, on which device, and for whom."""
        yield Static(bold(self.work.what), classes="title")
        if self.work.device is not None:
            yield DeviceCard(self.work.device, self.work.person)
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
