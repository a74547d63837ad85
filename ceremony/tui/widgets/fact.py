"""A name, and beside it what it stands for; a long text goes on below itself, not below the name."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from ceremony.tui.widgets.ink import clean


class Fact(Horizontal):
    """One name with its text."""

    def __init__(self, name: str, text: str, identity: str | None = None) -> None:
        super().__init__(id=identity)
        self._name_shown = name
        self.text = clean(text)

    def compose(self) -> ComposeResult:
        """Name and text."""
        yield Static(self._name_shown, classes="name", markup=False)
        yield Static(self.text, classes="text", markup=False)
