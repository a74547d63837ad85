"""The head of every page: which ceremony this is, what time it is, and whether it is a rehearsal."""

from collections.abc import Callable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ceremony.core.plan import Plan
from ceremony.tui.widgets.ink import clean

TICK_SECONDS = 1.0
_CLOCK_WIDTH = 23


def head_line(plan: Plan | None, now: datetime, width: int) -> Content:
    """Repository and ceremony on the left, the UTC clock on the right; `width` cells in all."""
    left = f"{clean(plan.repository)} · {clean(plan.id)}" if plan else "Ceremony · offline keys for TUF repositories"
    room = max(width - _CLOCK_WIDTH - 2, 0)
    shown = left if len(left) <= room else left[: max(room - 1, 0)] + "…"
    return Content.assemble((f" {shown:<{room}}", "bold"), f"{now:%Y-%m-%d %H:%M:%S} UTC ")


class HeadLine(Widget):
    """The line itself, drawn anew each second."""

    def __init__(self, clock: Callable[[], datetime], plan: Plan | None) -> None:
        super().__init__()
        self._clock = clock
        self.plan = plan

    def on_mount(self) -> None:
        """The clock ticks."""
        self.set_interval(TICK_SECONDS, self.refresh)

    def render(self) -> Content:
        """The line as it is now."""
        return head_line(self.plan, self._clock(), self.size.width)

    def get_content_height(self, *_sizes: object) -> int:
        """One line."""
        return 1


class Masthead(Vertical):
    """The head line, and below it the band of a rehearsal, which nobody can overlook."""

    def __init__(self, clock: Callable[[], datetime], plan: Plan | None = None) -> None:
        super().__init__()
        self._clock = clock
        self._plan = plan

    def compose(self) -> ComposeResult:
        """Head line and band."""
        yield HeadLine(self._clock, self._plan)
        band = Static("REHEARSAL  ·  nothing made here is trusted by anybody  ·  REHEARSAL", id="band", markup=False)
        band.display = self._plan is not None and self._plan.is_rehearsal
        yield band

    def show(self, plan: Plan) -> None:
        """It is about this plan now."""
        head = self.query_one(HeadLine)
        if head.plan is not plan:
            head.plan = plan
            head.refresh()
            self.query_one("#band").display = plan.is_rehearsal
