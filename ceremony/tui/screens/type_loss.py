"""What is lost for ever is named by its owner."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ceremony.engine.questions import TypeLoss
from ceremony.tui.screens.device_page import DevicePage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_card import DeviceCard
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import CAUTION, bold, clean, cut
from ceremony.tui.widgets.line_input import LineInput
from hsm import Slot

LETTERS = 8
_LIMIT = 24


class TypeLossPage(DevicePage[TypeLoss]):
    """A red page: the device, what it loses, and a line for the first letters of it; an empty line is No."""

    is_tall = True

    def __init__(self, question: TypeLoss) -> None:
        super().__init__(question)
        self.add_class("-loss")

    def compose_body(self) -> ComposeResult:
        """Slot, name, content: all that there is to know of what will be gone."""
        slot = self.question.slot
        yield Static(bold(f"{CAUTION} THIS WILL BE LOST FOR EVER. There is no copy of it, and no way back."))
        yield DeviceCard(self.question.device, self.question.person)
        yield Static(_slot_line(slot))
        yield Fact("Holds", slot.content or "something that the device does not name")

    def compose_reply(self) -> ComposeResult:
        """The line, then No."""
        yield LineInput(placeholder=f"its first {LETTERS} letters, then Enter; nothing is No", identity="typed")
        yield Choices(Choice("No, keep it", value="", identity="no"))

    def rest_on(self) -> Widget:
        """The empty line."""
        return self.query_one("#typed")

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """What was typed is the answer; nothing is No."""
        message.stop()
        self.answer(message.value.strip())


def _slot_line(slot: Slot) -> Content:
    """The slot and the name of what it holds, the letters to type first and set apart."""
    where = f"{cut(slot.name, _LIMIT)}, {cut(slot.purpose, _LIMIT)}: "
    first, rest = clean(slot.holds[:LETTERS]), clean(slot.holds[LETTERS:])
    return Content.assemble((f"{'Slot':<10}", "bold $accent"), where, (first, "bold reverse"), f" {rest}")
