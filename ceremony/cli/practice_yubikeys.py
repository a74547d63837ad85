"""YubiKeys for a rehearsal: those that are plugged in, every one of them blank, so that nobody's own key is used up."""

from collections.abc import Iterator, Sequence

from ceremony.core.rehearsal_rules import BLANK_RULES, COUNT_RULES, BlankCase, CountCase
from hsm import Device
from hsm.discovery import Sources, find_devices
from hsm.errors import DeviceError


def blank_yubikeys(count: int) -> tuple[Device, ...]:
    """So many YubiKeys, by serial, out of those that are plugged in; nothing on them was changed.

    Raises: RefusedError (DEVICE-BLANK, DEVICES-ENOUGH); DeviceError where one of them cannot be read.
    """
    found = find_devices(Sources(yubikeys=True))
    for fault in found.faults:
        raise fault
    for device in found.devices:
        BLANK_RULES.check(BlankCase(device.info.serial, tuple(_kept(device))))
    COUNT_RULES.check(CountCase(len(found.devices), count))
    return found.devices[:count]


def used_up(devices: Sequence[Device]) -> tuple[str, ...]:
    """The serials of those that are not blank any more; one that cannot be read now counts among them."""
    return tuple(each.info.serial for each in devices if not _is_blank(each))


def _is_blank(device: Device) -> bool:
    try:
        return not any(_kept(device))
    except DeviceError:
        return False


def _kept(device: Device) -> Iterator[str]:
    """What on the device is somebody's own, or could be."""
    info = device.refresh()
    codes = {
        "PIN": info.pin.is_default,
        "PUK": info.puk is not None and info.puk.is_default,
        "management key": info.is_management_key_default,
    }
    for code, is_makers in codes.items():
        if not is_makers:
            yield f"a {code} that is not known to be its maker's"
    for slot in device.slots():
        if slot.holds:
            yield f"{slot.content} in slot {slot.name}"
