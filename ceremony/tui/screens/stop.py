"""Stop here? It rests on No."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import bold, clean
from ceremony.tui.widgets.key_line import BACK, MOVE, KeyLine


class Stop(ModalScreen[bool]):
    """One question over the page; True is Yes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stay", show=False)]

    def __init__(self, question: str, detail: str) -> None:
        super().__init__()
        self._question = question
        self._detail = detail

    def compose(self) -> ComposeResult:
        """The question, and No first."""
        with Vertical(classes="box"):
            yield Static(bold(self._question))
            yield Static(clean(self._detail), markup=False)
            yield Choices(
                Choice("No, stay", value=False, identity="no"), Choice("Yes, stop", value=True, identity="yes")
            )
            yield KeyLine(MOVE + BACK)

    def on_mount(self) -> None:
        """It rests on No."""
        self.query_one("#no").focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Somebody decided."""
        self.dismiss(message.choice.value is True)

    def action_stay(self) -> None:
        """No."""
        self.dismiss(False)  # noqa: FBT003  # the dialog's answer
