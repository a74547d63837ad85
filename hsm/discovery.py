"""Which devices are plugged in; one line per driver, loaded when its source is first named."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hsm.device import Device, Pin
from hsm.errors import DeviceError, DeviceFaultError

_USUAL_MODULES = (
    "softhsm/libsofthsm2.so",
    "opensc-pkcs11.so",
    "libykcs11.so",
    "pkcs11/yubihsm_pkcs11.so",
    "libnethsm_pkcs11.so",
    "pkcs11/libkryoptic_pkcs11.so",
)
_YUBIKEYS_ONLY = "libykcs11"
_OPENSC, _OPENSC_SETTINGS = "opensc-pkcs11", Path(__file__).with_name("opensc.conf")
_USUAL_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where this machine looks for devices.

    With `yubikeys` the YubiKeys are asked by their own driver, and left out where a PKCS#11 module shows them too.
    """

    pkcs11_modules: tuple[Path, ...] = ()
    software_folder: Path | None = None
    yubikeys: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The devices by driver, then serial, then label; and what could not be read, of which the others know nothing.

    A fault's `serial` is the path of a module, the name of a slot or of a reader, the serial of a device, or "PC/SC".
    """

    devices: tuple[Device, ...]
    faults: tuple[DeviceError, ...]


def find_devices(sources: Sources) -> Found:
    """Every device plugged in now, from every source; no source stops the others."""
    looks = _looks(sources)
    with ThreadPoolExecutor(max(len(looks), 1)) as pool:
        found = [each for seen in [pool.submit(look) for look in looks] for each in seen.result()]
    faults = tuple(each for each in found if isinstance(each, DeviceError))
    devices = [each for each in found if not isinstance(each, DeviceError)]
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


_Seen = tuple[Device | DeviceError, ...]


def _looks(sources: Sources) -> list[Callable[[], _Seen]]:
    """One way of looking for each source."""
    looks: list[Callable[[], _Seen]] = [
        partial(_of_module, module, skip_yubikeys=sources.yubikeys) for module in _modules(sources)
    ]
    if sources.yubikeys:
        looks.append(_of_yubikeys)
    if sources.software_folder is not None:
        looks.append(partial(_of_folder, sources.software_folder))
    return looks


def _modules(sources: Sources) -> list[Path]:
    """Each module once, by its first name, in the order of the names."""
    modules = {module.resolve(): module for module in reversed(sources.pkcs11_modules)}
    if not sources.yubikeys:
        return list(reversed(modules.values()))
    # Two modules take hold of YubiKeys when they are asked anything, and keep them from everybody else: one is for
    # nothing else, and the other can be told in the environment of its process to let them alone.
    if any(real.name.startswith(_OPENSC) for real in modules):
        os.environ.setdefault("OPENSC_CONF", str(_OPENSC_SETTINGS))
    return [each for real, each in reversed(modules.items()) if not real.name.startswith(_YUBIKEYS_ONLY)]


def _of_module(module: Path, *, skip_yubikeys: bool) -> _Seen:
    try:
        from hsm import pkcs11_device  # noqa: PLC0415 - a driver is loaded when its source is named
    except ImportError as error:
        return (_missing(str(module), error),)
    try:
        return pkcs11_device.find_devices(module, skip_yubikeys=skip_yubikeys)
    except DeviceError as fault:
        return (fault,)


def _of_yubikeys() -> _Seen:
    try:
        from hsm import yubikey_device  # noqa: PLC0415 - a driver is loaded when its source is named
    except ImportError as error:
        return (_missing("PC/SC", error),)
    try:
        return yubikey_device.find_devices()
    except DeviceFaultError as fault:
        return (fault,)


def _of_folder(folder: Path) -> _Seen:
    from hsm import software_device  # noqa: PLC0415 - a driver is loaded when its source is named

    return software_device.find_devices(folder)


def _missing(source: str, error: ImportError) -> DeviceFaultError:
    fault = DeviceFaultError(source, "ImportError")
    fault.__cause__ = error
    return fault
