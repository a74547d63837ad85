"""The PIN of one device."""

from textual.app import ComposeResult
from textual.widget import Widget

from ceremony.engine.questions import AskPin
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_pane import pin_words
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.pin_box import PinBox


class AskPinPage(QuestionPage[AskPin]):
    """The device with what it says of its PIN, and a masked line."""

    def compose_body(self) -> ComposeResult:
        """Which device it is."""
        device = self.question.device
        yield Fact("Device", f"{device.maker} {device.model}, serial {device.serial}, {device.label}")
        yield Fact("State", pin_words(device.pin))

    def compose_reply(self) -> ComposeResult:
        """The masked line, then No."""
        yield PinBox()
        yield Choices(Choice("No, not now", value=None, identity="no"))

    def rest_on(self) -> Widget:
        """The empty line."""
        return self.query_one(PinBox)

    def on_pin_box_submitted(self, message: PinBox.Submitted) -> None:
        """The PIN goes to the engine, and is gone from the page."""
        message.stop()
        self.answer(self.query_one(PinBox).take())
