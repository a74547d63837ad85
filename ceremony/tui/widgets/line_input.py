"""One line that somebody types."""

from textual.widgets import Input


class LineInput(Input):
    """A line of input whose cursor stands still; what is typed is checked by whoever asked for it."""

    def __init__(
        self, value: str = "", placeholder: str = "", identity: str | None = None, *, is_frozen: bool = False
    ) -> None:
        """A line with this text; nothing can be typed into it while it is frozen."""
        super().__init__(
            value,
            placeholder,
            id=identity,
            compact=True,
            select_on_focus=False,
            max_length=4000,
        )
        self._hint = placeholder
        self.freeze(is_frozen=is_frozen)
        self.cursor_blink = False

    def freeze(self, *, is_frozen: bool) -> None:
        """Whether nothing can be typed here; then there is no hint what could be."""
        self.disabled = is_frozen
        self.placeholder = "" if is_frozen else self._hint
