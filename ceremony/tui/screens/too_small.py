"""The cover while the terminal is too small: nothing can be read, so nothing can be answered."""

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from ceremony.errors import TerminalError
from ceremony.explain import explain
from ceremony.tui.widgets.ink import bold, lines

COLUMNS, ROWS = 80, 24


def is_too_small(columns: int, rows: int) -> bool:
    """True where the pages do not fit."""
    return columns < COLUMNS or rows < ROWS


class TooSmall(ModalScreen[None]):
    """One message, until the terminal is large again."""

    def compose(self) -> ComposeResult:
        """The message."""
        yield Static(id="cover", markup=False)

    def on_mount(self) -> None:
        """It tells the size."""
        self.show()

    def on_resize(self) -> None:
        """It tells the new size."""
        self.show()

    def show(self) -> None:
        """It tells the size that the terminal has now."""
        size = self.app.size
        told = explain(TerminalError(size.width, size.height))
        self.query_one("#cover", Static).update(lines([bold(told.title), told.detail, told.advice]))
