"""All that devices tell before anybody types a PIN, read from every one of them at the same time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hsm import Device, DeviceInfo, DeviceKey, Slot
from hsm.errors import DeviceError

_MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Told:
    """What one device tells; `trouble` is why its keys and slots are not known, None where they are."""

    info: DeviceInfo
    keys: tuple[DeviceKey, ...] = ()
    slots: tuple[Slot, ...] = ()
    trouble: DeviceError | None = None


def read_all(devices: Sequence[Device]) -> tuple[Told, ...]:
    """What each of these devices tells, in their order."""
    with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
        return tuple(pool.map(_read, devices))


def _read(device: Device) -> Told:
    try:
        return Told(device.info, device.keys(), device.slots())
    except DeviceError as error:
        return Told(device.info, trouble=error)
