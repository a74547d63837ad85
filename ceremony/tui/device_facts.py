"""All that can be learnt of a device without a PIN: what it tells of itself, its public keys, its slots."""

from dataclasses import dataclass

from ceremony.engine.sight import Find
from hsm import Device, DeviceInfo, DeviceKey, Slot
from hsm.errors import DeviceError


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device; `trouble` is why its keys and slots could not be read, None where they could."""

    info: DeviceInfo
    keys: tuple[DeviceKey, ...] = ()
    slots: tuple[Slot, ...] = ()
    trouble: DeviceError | None = None


Facts = tuple[tuple[DeviceFacts, ...], tuple[DeviceError, ...]]
"""The devices that are plugged in, and what could not be read at all."""


class CloserLook:
    """Looks at what is plugged in again and again, but into a device only when that is new or tells something new."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._known: dict[DeviceInfo, DeviceFacts] = {}

    def __call__(self) -> Facts:
        """The facts, as they are now."""
        devices, faults = self._find()
        self._known = {each.info: self._known.get(each.info) or facts_of(each) for each in devices}
        return tuple(self._known.values()), faults


def facts_of(device: Device) -> DeviceFacts:
    """The facts of this device; it may be pulled out meanwhile."""
    try:
        return DeviceFacts(device.info, device.keys(), device.slots())
    except DeviceError as error:
        return DeviceFacts(device.info, trouble=error)
