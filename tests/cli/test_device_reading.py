"""What devices tell before any PIN."""

import threading
from typing import Any

from ceremony.cli.device_reading import Told, read_all
from hsm import DeviceInfo, DeviceKey, PinState, Slot
from hsm.errors import DeviceAbsentError


class Slow:
    """A device that answers when all of them have been asked."""

    def __init__(self, serial: str, together: threading.Barrier) -> None:
        self.info = DeviceInfo("pkcs11", "Acme", "Key", serial, "", "1", PinState(), ())
        self._together = together

    def keys(self) -> tuple[DeviceKey, ...]:
        """None, once the others are asked too."""
        self._together.wait(10)
        return ()

    def slots(self) -> tuple[Slot, ...]:
        """One."""
        return (Slot("9c", "Signing"),)


class Absent(Slow):
    """A device that is gone when it is asked."""

    def keys(self) -> tuple[DeviceKey, ...]:
        """Nothing any more."""
        super().keys()
        raise DeviceAbsentError(self.info.serial)


def test_all_devices_are_read_at_the_same_time_and_told_in_order() -> None:
    """Three slow ones take as long as one; one that is gone hides nothing of the others."""
    together = threading.Barrier(3)
    devices: Any = [Slow("A1", together), Absent("B2", together), Slow("C3", together)]
    first, second, third = read_all(devices)
    assert first == Told(devices[0].info, (), (Slot("9c", "Signing"),))
    assert isinstance(second.trouble, DeviceAbsentError)
    assert third.info.serial == "C3"


def test_nothing_is_read_where_nothing_is_plugged_in() -> None:
    """That is no error."""
    assert read_all([]) == ()
