"""The devices that are plugged in, and what each says of its PIN."""

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from ceremony.tui.widgets.ink import CAUTION, bold, clean, dim, lines
from hsm import DeviceInfo, PinState


def pin_words(pin: PinState) -> str:
    """What a device says of its PIN, in a few words; the worst comes first."""
    if pin.is_blocked:
        return f"{CAUTION} PIN blocked"
    if pin.is_final_try or pin.attempts_left == 1:
        return f"{CAUTION} PIN: last try"
    if pin.is_default:
        return f"{CAUTION} PIN is the factory's"
    if pin.attempts_left is not None:
        return f"PIN: {pin.attempts_left} tries left"
    return f"{CAUTION} PIN: few tries left" if pin.is_low else "PIN ready"


def device_lines(devices: tuple[DeviceInfo, ...]) -> Content:
    """Two lines for each device: serial and label, then what it says of its PIN."""
    if not devices:
        return lines([bold("DEVICES"), dim("none plugged in")])
    return lines([bold("DEVICES"), *(line for each in devices for line in _device(each))])


def _device(device: DeviceInfo) -> Iterable[Content | str]:
    yield clean(f"{device.serial} {device.label}")
    yield dim(f"  {pin_words(device.pin)}")


class DevicePane(Static):
    """The devices on the right side."""

    def show(self, devices: tuple[DeviceInfo, ...]) -> None:
        """These are plugged in."""
        self.update(device_lines(devices))
