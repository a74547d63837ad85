"""Which devices are plugged in; one line per driver, loaded when its source is first named."""

from dataclasses import dataclass
from pathlib import Path

from hsm.device import Device, Pin
from hsm.errors import DeviceFaultError

_USUAL_MODULES = (
    "softhsm/libsofthsm2.so",
    "opensc-pkcs11.so",
    "libykcs11.so",
    "pkcs11/yubihsm_pkcs11.so",
    "libnethsm_pkcs11.so",
    "pkcs11/libkryoptic_pkcs11.so",
)
_USUAL_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where this machine looks for devices."""

    pkcs11_modules: tuple[Path, ...] = ()
    software_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The devices by driver, then serial, then label; and what could not be read, of which the others know nothing.

    A fault's `serial` is the path of a module, the name of a slot, or the serial of a device.
    """

    devices: tuple[Device, ...]
    faults: tuple[DeviceFaultError, ...]


def find_devices(sources: Sources) -> Found:
    """Every device plugged in now, from every source; no source stops the others."""
    modules = {module.resolve(): module for module in reversed(sources.pkcs11_modules)}  # each once, by its first name
    found = [each for module in reversed(modules.values()) for each in _of_module(module)]
    if sources.software_folder is not None:
        found += _of_folder(sources.software_folder)
    faults = tuple(each for each in found if isinstance(each, DeviceFaultError))
    devices = [each for each in found if not isinstance(each, DeviceFaultError)]
    order = sorted(devices, key=lambda device: (device.info.driver, device.info.serial, device.info.label))
    return Found(tuple(order), faults)


def usual_modules(folders: tuple[Path, ...] = tuple(map(Path, _USUAL_FOLDERS))) -> tuple[Path, ...]:
    """The PKCS#11 modules that lie where Linux distributions put them, each once, SoftHSM first."""
    places = (folder / module for module in _USUAL_MODULES for folder in folders)
    return tuple(dict.fromkeys(place.resolve() for place in places if place.is_file()))


def create_software_device(folder: Path, serial: str, label: str, pin: Pin) -> Device:
    """A new software device without keys, for a rehearsal: the next listing of `folder` shows it.

    Raises: DeviceFaultError where the serial is taken or no good as a file name, or the folder cannot be written.
    """
    from hsm.software_device import SoftwareDevice  # noqa: PLC0415 - a driver is loaded when its source is named

    return SoftwareDevice.create(folder, serial, label, pin)


def _of_module(module: Path) -> tuple[Device | DeviceFaultError, ...]:
    try:
        from hsm import pkcs11_device  # noqa: PLC0415 - a driver is loaded when its source is named
    except ImportError as error:
        fault = DeviceFaultError(str(module), "ImportError")
        fault.__cause__ = error
        return (fault,)
    try:
        return pkcs11_device.find_devices(module)
    except DeviceFaultError as fault:
        return (fault,)


def _of_folder(folder: Path) -> tuple[Device | DeviceFaultError, ...]:
    from hsm import software_device  # noqa: PLC0415 - a driver is loaded when its source is named

    return software_device.find_devices(folder)
