"""Pages that are answered by a code which the device itself counts wrong tries of: its PIN, its PUK."""

from abc import abstractmethod
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from ceremony.engine.questions import AskPin, AskPuk
from ceremony.tui.screens.device_page import DevicePage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_card import DeviceCard
from ceremony.tui.widgets.device_words import is_last_try
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import CAUTION, loud
from ceremony.tui.widgets.pin_box import PinBox
from hsm import DeviceInfo, PinState

AsksCode = TypeVar("AsksCode", AskPin, AskPuk)


class CodePage(DevicePage[AsksCode]):
    """The device, what a wrong code costs, and a masked line; each kind says which code, and what happens at zero."""

    code: ClassVar[str]

    @staticmethod
    @abstractmethod
    def state(device: DeviceInfo) -> PinState:
        """What the device says of this code."""

    @staticmethod
    @abstractmethod
    def at_zero(device: DeviceInfo) -> str:
        """What happens when no try is left."""

    def compose_body(self) -> ComposeResult:
        """Which device it is, and what cannot be undone."""
        device = self.question.device
        yield DeviceCard(device, self.question.person)
        if is_last_try(self.state(device)):
            said = f"{CAUTION} ONE TRY IS LEFT. If this {self.code} is wrong, {self.at_zero(device)}."
            yield Static(loud(said), classes="warning")
        else:
            yield Fact("Careful", f"{self._cost()} With no try left {self.at_zero(device)}.")

    def compose_reply(self) -> ComposeResult:
        """The masked line, then No."""
        yield PinBox(self.code)
        yield Choices(Choice("No, not now", value=None, identity="no"))

    def rest_on(self) -> Widget:
        """The empty line."""
        return self.query_one(PinBox)

    def on_pin_box_submitted(self, message: PinBox.Submitted) -> None:
        """The code goes to the engine, and is gone from the page."""
        message.stop()
        self.answer(message.box.take())

    def _cost(self) -> str:
        left = self.state(self.question.device).attempts_left
        if left is None:
            return f"A wrong {self.code} costs a try; the device does not say how many it has left."
        return f"A wrong {self.code} costs one of its {left} tries; only a right one brings them back."
