"""A new PIN or PUK for one device, typed twice alike."""

from textual.app import ComposeResult
from textual.widget import Widget

from ceremony.engine.questions import ChooseCode
from ceremony.tui.screens.device_page import DevicePage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_card import DeviceCard
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.pin_box import PinBox

_ALLOWED = "6 to 8 letters or digits; not the maker's, no run such as 345678."
_SERVES = {
    "PIN": "The old PIN is gone then. A forgotten PIN can be told by nobody.",
    "PUK": "The old PUK is gone then. Keep it sealed, and apart from the device.",
}


class ChooseCodePage(DevicePage[ChooseCode]):
    """Two masked lines; what stands in them is one answer if it is the same, and else is cleared in both."""

    is_tall = True

    def compose_body(self) -> ComposeResult:
        """Which device it is, what is allowed, and what cannot be undone."""
        yield DeviceCard(self.question.device, self.question.person)
        yield Fact("Allowed", _ALLOWED)
        yield Fact("Careful", _SERVES.get(self.question.code, "The old code is gone then."))

    def compose_reply(self) -> ComposeResult:
        """The masked lines, then No."""
        code = self.question.code
        yield PinBox(f"New {code:<6}", "first")
        yield PinBox("Once more ", "second")
        yield Choices(Choice("No, not now", value=None, identity="no"))

    def rest_on(self) -> Widget:
        """The first empty line."""
        return self.query_one("#first")

    def on_pin_box_submitted(self, message: PinBox.Submitted) -> None:
        """From the first line to the second; from the second to the engine, if both are alike."""
        message.stop()
        first, second = self.query_one("#first", PinBox), self.query_one("#second", PinBox)
        if first.is_empty or second.is_empty:
            (first if first.is_empty else second).focus()
            return
        chosen, repeated = first.take(), second.take()
        if chosen == repeated:
            self.answer(chosen)
        else:
            self.hint(
                f"The two were not the same. Nothing was changed: type the new {self.question.code} again, twice."
            )
            first.focus()
