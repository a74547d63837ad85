"""The PIN of one device."""

from ceremony.engine.questions import AskPin
from ceremony.tui.screens.code_page import CodePage
from hsm import DeviceInfo, PinState


class AskPinPage(CodePage[AskPin]):
    """A masked line for the PIN."""

    code = "PIN"

    @staticmethod
    def state(device: DeviceInfo) -> PinState:
        """What the device says of its PIN."""
        return device.pin

    @staticmethod
    def at_zero(device: DeviceInfo) -> str:
        """A PUK can help, where there is one that is not blocked itself."""
        if device.driver == "software":
            return "the PIN is blocked, and a new rehearsal brings a new device"
        if device.puk is None:
            return "the device locks itself, and its maker's manual says what then"
        if device.puk.is_blocked:
            return "nothing opens the device again: its keys are lost for ever"
        return "the PIN is blocked, and only the PUK can give the device a new one"
