"""One line that somebody types."""

from textual.widgets import Input


class LineInput(Input):
    """A line of input whose cursor stands still; what is typed is checked by whoever asked for it."""

    def __init__(self, value: str = "", placeholder: str = "", identity: str | None = None) -> None:
        super().__init__(value, placeholder, id=identity, compact=True, select_on_focus=False, max_length=4000)
        self.cursor_blink = False
