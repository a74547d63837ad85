"""The steps of the script, each with how it stands."""

from textual.content import Content
from textual.widgets import Static

from ceremony.engine.room import Step
from ceremony.tui.widgets.ink import CURRENT, DONE, WAITING, bar, bold, clean, dim, lines

_MARKS = {"done": DONE, "current": CURRENT, "waiting": WAITING}
_BAR_WIDTH = 12


def rail_lines(steps: tuple[Step, ...]) -> Content:
    """One line for each step: its mark and its title."""
    return lines([bold("STEPS"), *map(_line, steps)])


def progress_line(steps: tuple[Step, ...]) -> Content:
    """The current step in one line, and how far the script has come."""
    done = sum(step.state == "done" for step in steps)
    current = next((step for step in steps if step.state == "current"), None)
    if current is None:
        return dim(" The script has not begun.")
    place = f"Step {done + 1} of {len(steps)}"
    return Content.assemble(f" {bar(done, len(steps), _BAR_WIDTH)} {place}: ", bold(current.title))


def _line(step: Step) -> Content:
    text = f"{_MARKS[step.state]} {clean(step.title)}"
    return {"done": dim(text), "current": bold(text)}.get(step.state, Content(text))


class StepRail(Static):
    """The script down the left side; the current step is always in sight."""

    def show(self, steps: tuple[Step, ...]) -> None:
        """The steps stand like this."""
        room = max(self.size.height - 1, 0)
        current = next((place for place, step in enumerate(steps) if step.state == "current"), 0)
        first = max(0, min(current - room // 2, len(steps) - room)) if room else 0
        self.update(rail_lines(steps[first:]))


class ProgressStrip(Static):
    """The same in one line, where there is no space for a rail."""

    def show(self, steps: tuple[Step, ...]) -> None:
        """The steps stand like this."""
        self.update(progress_line(steps))
