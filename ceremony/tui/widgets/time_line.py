"""The time line of a forecast, drawn anew in whatever width there is."""

from collections.abc import Iterator

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from ceremony.core.forecast import Forecast, State
from ceremony.core.time_line import BOX, LEGEND, name_width, time_line
from ceremony.tui.widgets.ink import cut, dim, lines

STYLES: dict[State, str] = {
    "good": "$text-success",
    "soon": "$text-warning",
    "late": "bold $text-warning",
    "expired": "bold $text-error",
}
_FRAME_LINES = 3


def time_line_lines(found: Forecast, width: int) -> Iterator[Content]:
    """Dates and ruler, one row for each role, and what the letters mean; `width` cells in all."""
    names = name_width(found)
    drawn = time_line(found, width - names)
    margin = " " * names
    yield dim(margin + drawn.dates)
    yield dim(margin + drawn.ruler.translate(BOX))
    for each, (role, row) in zip(found.roles, drawn.rows, strict=True):
        yield Content.assemble(f"{cut(role, names - 1):<{names}}", (row.translate(BOX), STYLES[each.state]))
    yield dim(margin + LEGEND.translate(BOX))


class TimeLineView(Widget):
    """The time line of one forecast."""

    DEFAULT_CSS = "TimeLineView { width: 100%; height: auto; }"

    def __init__(self, found: Forecast) -> None:
        super().__init__()
        self._found = found

    def render(self) -> Content:
        """The line as wide as the widget."""
        return lines(list(time_line_lines(self._found, self.size.width)))

    def get_content_height(self, _container: Size, _viewport: Size, _width: int) -> int:
        """A line for each role, and those around them."""
        return len(self._found.roles) + _FRAME_LINES
