"""The steps of the script, each with how it stands."""

from collections.abc import Iterable
from textwrap import wrap

from textual.content import Content
from textual.widgets import Static

from ceremony.engine.room import Step
from ceremony.tui.widgets.ink import CURRENT, DONE, WAITING, bar, bold, clean, dim, lines

_MARKS = {"done": DONE, "current": CURRENT, "waiting": WAITING}
_BAR_WIDTH = 12
_RAIL_WIDTH = 23


def rail_lines(steps: tuple[Step, ...], room: int = 0, width: int = _RAIL_WIDTH) -> Content:
    """Each step with its mark and its title, which goes on below itself; `width` cells wide.

    Of more than `room` lines those around the current step; 0 is room for all.
    """
    drawn = [(step, line) for step in steps for line in _step(step, width)]
    current = next((place for place, (step, _line) in enumerate(drawn) if step.state == "current"), 0)
    first = max(0, min(current - room // 2, len(drawn) - room)) if room else 0
    return lines([bold("STEPS"), *(line for _step, line in drawn[first:])])


def progress_line(steps: tuple[Step, ...]) -> Content:
    """The current step in one line, and how far the script has come."""
    done = sum(step.state == "done" for step in steps)
    current = next((step for step in steps if step.state == "current"), None)
    if current is None:
        return dim(" The script has not begun.")
    place = f"Step {done + 1} of {len(steps)}"
    return Content.assemble(f" {bar(done, len(steps), _BAR_WIDTH)} {place}: ", bold(current.title))


def _step(step: Step, width: int) -> Iterable[Content]:
    mark = {"done": dim, "current": bold}.get(step.state, Content)
    said = wrap(clean(step.title), max(width - 2, 1)) or [""]
    return [mark(f"{_MARKS[step.state] if place == 0 else ' '} {line}") for place, line in enumerate(said)]


class StepRail(Static):
    """The script down the left side; the current step is always in sight."""

    def show(self, steps: tuple[Step, ...]) -> None:
        """The steps stand like this."""
        room = max(self.size.height - 1, 0)
        self.update(rail_lines(steps, room, self.size.width or _RAIL_WIDTH))


class ProgressStrip(Static):
    """The same in one line, where there is no space for a rail."""

    def show(self, steps: tuple[Step, ...]) -> None:
        """The steps stand like this."""
        self.update(progress_line(steps))
