"""Where a PIN or a PUK is typed: it is kept until it is taken, once, and never drawn."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from hsm import Pin

LENGTH_LIMIT = 64


class PinBox(Widget, can_focus=True):
    """A masked line. It is no `Input`: that one keeps its text, sends it in messages, and can copy it elsewhere."""

    class Submitted(Message):
        """Enter was pressed on a code; whoever hears this takes it."""

        def __init__(self, box: "PinBox") -> None:
            super().__init__()
            self.box = box

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", show=False),
        Binding("backspace", "erase", show=False),
        Binding("ctrl+u", "clear", show=False),
    ]

    def __init__(self, label: str = "PIN", identity: str = "pin") -> None:
        super().__init__(id=identity)
        self._label = label
        self._typed: list[str] = []

    def render(self) -> Content:
        """One dot for each character, and where the next one goes."""
        dots = "●" * len(self._typed)
        return Content.assemble((f"{self._label} ▸ ", "bold"), dots, ("▏" if self.has_focus else "", "bold"))

    def get_content_height(self, *_sizes: object) -> int:
        """One line."""
        return 1

    def on_unmount(self) -> None:
        """A page that is left takes nothing along."""
        self._typed.clear()

    @property
    def is_empty(self) -> bool:
        """True while nothing is typed."""
        return not self._typed

    def take(self) -> Pin:
        """What was typed, which is then gone from here."""
        pin = Pin("".join(self._typed))
        self.action_clear()
        return pin

    def on_key(self, event: events.Key) -> None:
        """A character was typed."""
        if event.character is not None and event.is_printable:
            event.stop()
            self._add(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """A PIN was pasted, by a password manager for instance."""
        event.stop()
        self._add(event.text)

    def action_submit(self) -> None:
        """It is ready to be taken; an empty one is not."""
        if self._typed:
            self.post_message(self.Submitted(self))

    def action_erase(self) -> None:
        """The last character is gone."""
        del self._typed[-1:]
        self.refresh()

    def action_clear(self) -> None:
        """Every character is gone."""
        self._typed.clear()
        self.refresh()

    def _add(self, text: str) -> None:
        room = LENGTH_LIMIT - len(self._typed)
        self._typed += [each for each in text if each.isprintable()][:room]
        self.refresh()
