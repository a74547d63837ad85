"""Where on a device the key is made."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static

from ceremony.engine.questions import ChooseSlot
from ceremony.tui.screens.device_page import DevicePage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_card import DeviceCard
from ceremony.tui.widgets.ink import bold, clean, loud
from ceremony.tui.widgets.slot_table import SlotTable, head_line, loss_words
from hsm import Slot


class ChooseSlotPage(DevicePage[ChooseSlot]):
    """A table with the arrow on the wanted slot; Enter in it goes to Yes, which names the slot under the arrow."""

    is_long = True

    def compose_body(self) -> ComposeResult:
        """The device and its slots."""
        yield DeviceCard(self.question.device, self.question.person)
        yield Static(bold(head_line()))
        yield SlotTable(self.question.slots, self.question.wanted)

    def compose_reply(self) -> ComposeResult:
        """What becomes of the slot under the arrow; No, then that slot."""
        yield Static(id="fate")
        yield Choices(Choice("No, not now", value=None, identity="no"), Choice("Yes", value=None, identity="yes"))

    def on_mount(self) -> None:
        """The table is not in the foot, so its keys are told here."""
        super().on_mount()
        self.hint("↑ goes into the table, ↑ and ↓ to another slot, Enter from there to Yes.")

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Yes means this slot now."""
        message.stop()
        slot = self.question.slots[message.option_index]
        self.query_one("#yes", Choice).become(f"Yes: slot {slot.name}", slot.name)
        self.query_one("#fate", Static).update(_fate(slot))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """One more Enter, on Yes, agrees."""
        message.stop()
        self.query_one("#yes").focus()


def _fate(slot: Slot) -> Content | str:
    if slot.holds:
        return loud(f"Slot {slot.name}: {loss_words(slot)}. You are asked once more before anything is lost.")
    return clean(f"Slot {slot.name} is empty: nothing is lost by a key that is made there.")
