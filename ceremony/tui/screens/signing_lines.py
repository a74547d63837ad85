"""Which roles have to be signed anew because of what the plan changes, and one choice that signs them and no others."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import bold


class SigningLines(Vertical):
    """Nothing, as long as everything that changes is signed."""

    class Wanted(Message):
        """These roles are to be signed, and no others."""

        def __init__(self, roles: tuple[str, ...]) -> None:
            super().__init__()
            self.roles = roles

    def __init__(self) -> None:
        super().__init__()
        self._roles: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """The sentence, and the choice."""
        yield Static(id="to-sign")
        yield Choices(Choice("sign these, and no others", value="sign", identity="sign"))

    def on_mount(self) -> None:
        """There is nothing to sign before the plan is judged."""
        self.show(())

    def show(self, roles: tuple[str, ...]) -> None:
        """These have to be signed anew, and one of them has no end yet, or another has one."""
        self._roles = roles
        self.display = bool(roles)
        self.query_one("#to-sign", Static).update(bold(f"What changes has to be signed: {', '.join(roles)}."))

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """They are signed."""
        message.stop()
        self.post_message(self.Wanted(self._roles))
