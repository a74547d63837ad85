"""What somebody can choose: one line each, chosen by Enter alone, so that nothing is chosen by passing by."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ceremony.tui.widgets.ink import clean

_FRAME = 6
"""How wide the arrows and the brackets are."""


class Choice(Widget, can_focus=True):
    """One choice; `value` is what it stands for. The one in focus carries arrows, so that it is seen without colour."""

    class Chosen(Message):
        """Somebody chose this."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False)]

    def __init__(self, label: str, value: object, identity: str) -> None:
        super().__init__(id=identity)
        self.label = label
        self.value = value

    def render(self) -> Content:
        """The label in brackets, between arrows while it is in focus."""
        left, right = ("▶", "◀") if self.has_focus else (" ", " ")
        return Content(f"{left}[ {_shortened(clean(self.label), self.size.width - _FRAME)} ]{right}")

    def get_content_width(self, *_sizes: object) -> int:
        """As wide as its text."""
        return Content(clean(self.label)).cell_length + _FRAME

    def get_content_height(self, *_sizes: object) -> int:
        """One line."""
        return 1

    def become(self, label: str, value: object) -> None:
        """It stands for this now."""
        self.label = label
        self.value = value
        self.refresh(layout=True)

    def action_choose(self) -> None:
        """It is chosen."""
        self.post_message(self.Chosen(self))


class Choices(Container):
    """Choices beside each other, or below each other where they are long; arrow keys go from one to the next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, *choices: Choice, stacked: bool = False) -> None:
        super().__init__(classes="-stacked" if stacked else "")
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The choices, in order."""
        yield from self._choices


def _shortened(text: str, room: int) -> str:
    """The text in so many cells: of a long one its middle gives way, as two long paths differ at their ends."""
    head, tail = text[: room // 4], text[room // 4 :]
    is_long = Content(text).cell_length > room
    while tail and is_long and Content(f"{head}…{tail}").cell_length > room:
        tail = tail[1:]
    return f"{head}…{tail}" if is_long else text
