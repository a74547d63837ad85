"""A key on the page of an emergency: whose it is, and what has become of it."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ceremony.core.plan_emergency import Fate
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import CAUTION, DONE, clean, loud

_WORDS = {
    Fate.SAFE: "safe",
    Fate.STOLEN: "somebody else may have it",
    Fate.LOST: "nobody has it",
}


class KeyFate(Vertical):
    """What the key is, and below it three choices; the one that holds carries a mark. It is safe until somebody speaks.

    `holder` is the name of its keyholder, "" for the online key.
    """

    class Turned(Message):
        """Something else has become of the key."""

    def __init__(self, words: str, identity: str, holder: str = "") -> None:
        super().__init__(id=identity)
        self._words = words
        self.holder = holder
        self.fate = Fate.SAFE

    def compose(self) -> ComposeResult:
        """The key, and what can have become of it."""
        yield Static(classes="label")
        yield Choices(*(Choice(self._label(fate), value=fate, identity=fate.value) for fate in Fate))

    def on_mount(self) -> None:
        """It is drawn as it is."""
        self._draw()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """This has become of it."""
        message.stop()
        self.fate = Fate(message.choice.value)
        self._draw()
        self.post_message(self.Turned())

    def _draw(self) -> None:
        is_struck = self.fate is not Fate.SAFE
        self.query_one(".label", Static).update(loud(self._words) if is_struck else clean(self._words))
        for fate in Fate:
            self.query_one(f"#{fate.value}", Choice).become(self._label(fate), fate)

    def _label(self, fate: Fate) -> str:
        mark = DONE if fate is Fate.SAFE else CAUTION
        return f"{mark} {_WORDS[fate]}" if fate is self.fate else _WORDS[fate]
