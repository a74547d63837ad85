"""The PUK of one device, whose PIN is blocked."""

from ceremony.engine.questions import AskPuk
from ceremony.tui.screens.code_page import CodePage
from hsm import DeviceInfo, PinState


class AskPukPage(CodePage[AskPuk]):
    """A masked line for the PUK."""

    code = "PUK"

    @staticmethod
    def state(device: DeviceInfo) -> PinState:
        """What the device says of its PUK."""
        return device.puk or PinState()

    @staticmethod
    def at_zero(_device: DeviceInfo) -> str:
        """Nothing is left then."""
        return "nothing opens the device again: it can only be reset, and its keys are lost for ever"
