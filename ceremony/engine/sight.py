"""What is seen of the devices from where people sit: which of them count here, and what could not be read."""

from collections.abc import Callable
from pathlib import Path

from ceremony.settings import Settings
from hsm import Device, DeviceInfo
from hsm.errors import DeviceError

Seen = tuple[tuple[Device, ...], tuple[DeviceError, ...]]
"""The devices that are plugged in, and what could not be read."""

Find = Callable[[], Seen]


class Sight:
    """Devices and faults of one and the same look, for whoever wants to know them one after the other."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._faults: tuple[DeviceError, ...] = ()

    def devices(self) -> tuple[Device, ...]:
        """What is plugged in now."""
        devices, self._faults = self._find()
        return devices

    def faults(self) -> tuple[DeviceError, ...]:
        """What the last look could not read; () before the first."""
        return self._faults


def counts(settings: Settings, info: DeviceInfo) -> bool:
    """Whether the settings let this device count: of a module they may name some tokens alone."""
    return info.driver != "pkcs11" or settings.counts(
        Path(info.found_in), label=info.label, serial=info.serial, manufacturer=info.maker, model=info.model
    )
