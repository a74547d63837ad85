"""The slots of a device, one line each: its name, what it is for, and what it holds."""

from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ceremony.tui.widgets.ink import CAUTION, CURRENT, cut
from hsm import Slot

_NAME_WIDTH = 6
_PURPOSE_WIDTH = 24


def head_line() -> str:
    """What stands in each column."""
    return f"  {'SLOT':<{_NAME_WIDTH}}{'FOR':<{_PURPOSE_WIDTH}}HOLDS"


def slot_line(slot: Slot) -> str:
    """One slot; what would be lost is marked."""
    name, purpose = cut(slot.name, _NAME_WIDTH - 1), cut(slot.purpose, _PURPOSE_WIDTH - 1)
    what = "a certificate" if slot.content.startswith("a certificate") else "a key"
    held = f"{CAUTION} holds {what}: would be lost" if slot.holds else "empty"
    return f"{name:<{_NAME_WIDTH}}{purpose:<{_PURPOSE_WIDTH}}{held}"


def loss_words(slot: Slot) -> str:
    """What lies in the slot, and that it would be lost."""
    content = cut(slot.content, 80) or "something that the device does not name"
    return f"{content} ({cut(slot.holds, 16)}) would be lost for ever"


class SlotTable(OptionList):
    """The slots, with an arrow before the one that is meant."""

    def __init__(self, slots: tuple[Slot, ...], wanted: str) -> None:
        super().__init__(*(Option(f"  {slot_line(each)}") for each in slots), id="slots", markup=False, compact=True)
        self._slots = slots
        self._wanted = next((place for place, each in enumerate(slots) if each.name == wanted), 0)

    def on_mount(self) -> None:
        """The arrow is on the wanted slot."""
        self.highlighted = self._wanted

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """The arrow follows; whoever holds the table hears of it too."""
        for place, slot in enumerate(self._slots):
            arrow = CURRENT if place == message.option_index else " "
            self.replace_option_prompt_at_index(place, f"{arrow} {slot_line(slot)}")
