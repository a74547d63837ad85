"""The answer to "what is this?": a page over the page."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from ceremony.tui.widgets.ink import bold, clean_lines
from ceremony.tui.widgets.key_line import KeyLine


class WhatIsThis(ModalScreen[None]):
    """Some text, until a key is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,f1,question_mark", "close", show=False),
        Binding("up,pageup", "scroll(-5)", show=False),
        Binding("down,pagedown", "scroll(5)", show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The text in a box."""
        with Vertical(classes="box"):
            yield Static(bold("What is this?"))
            with VerticalScroll(can_focus=False):
                yield Static(clean_lines(self._text), markup=False)
            yield KeyLine((("Enter", "close"), ("↑ ↓", "read on")))

    def action_close(self) -> None:
        """The page below is back."""
        self.dismiss()

    def action_scroll(self, amount: int) -> None:
        """The text moves."""
        self.query_one(VerticalScroll).scroll_relative(y=amount, animate=False)
