"""Which devices are plugged in; one line per driver, loaded when its source is first named."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hsm.device import Device, Pin
from hsm.errors import DeviceError, DeviceFaultError
from hsm.questions import Asked, Questions

_USUAL_MODULES = (
    "softhsm/libsofthsm2.so",
    "opensc-pkcs11.so",
    "libykcs11.so",
    "pkcs11/yubihsm_pkcs11.so",
    "libnethsm_pkcs11.so",
    "pkcs11/libkryoptic_pkcs11.so",
)
_YUBIKEYS_ONLY = "libykcs11"
_PCSC_SECONDS, _FOLDER_SECONDS = 5.0, 3.0  # each YubiKey has 3 seconds of its own in those
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

    A fault's `serial` is the path of a module or folder, the name of a slot or reader, the serial of a device, or
    "PC/SC". A YubiKey that another program holds is a DeviceBusyError.
    """

    devices: tuple[Device, ...]
    faults: tuple[DeviceError, ...]


def find_devices(sources: Sources) -> Found:
    """Every device plugged in now, from every source; no source stops the others.

    What does not answer within seconds is a fault, and is not asked a second time before it has answered. Two listings
    at one time ask each source once, and are told the same.
    """
    asked = [(look, _QUESTIONS.ask(look.source, look.take)) for look in _looks(sources)]
    found = [each for look, question in asked for each in _told(look, question)]
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
_QUESTIONS = Questions[_Seen]()


@dataclass(frozen=True, slots=True)
class _Look:
    """A way of looking for the devices of one source, how a fault names that, and how long the look may take."""

    name: str
    take: Callable[[], _Seen]
    seconds: Callable[[], float]
    skips_yubikeys: bool = False

    @property
    def source(self) -> tuple[str, bool]:
        """What makes two looks the same one."""
        return self.name, self.skips_yubikeys


def _looks(sources: Sources) -> list[_Look]:
    """One way of looking for each source."""
    skips = sources.yubikeys
    looks = [
        _Look(str(module), partial(_of_module, module, skip_yubikeys=skips), partial(_module_seconds, module), skips)
        for module in _modules(sources)
    ]
    if sources.yubikeys:
        looks.append(_Look("PC/SC", _of_yubikeys, lambda: _PCSC_SECONDS))
    if sources.software_folder is not None:
        folder = sources.software_folder
        looks.append(_Look(str(folder), partial(_of_folder, folder), lambda: _FOLDER_SECONDS))
    return looks


def _told(look: _Look, asked: Asked[_Seen]) -> _Seen:
    seconds = look.seconds()
    try:
        return asked.within(seconds)
    except TimeoutError as error:
        fault = DeviceFaultError(look.name, f"no answer for {seconds:g} seconds")
        fault.__cause__ = error
        return (fault,)


def _modules(sources: Sources) -> list[Path]:
    """Each module once, by its first name, in the order of the names."""
    modules = {module.resolve(): module for module in reversed(sources.pkcs11_modules)}
    if not sources.yubikeys:
        return list(reversed(modules.values()))
    # Two modules take hold of YubiKeys when they are asked anything, and keep them from everybody else: this one is for
    # nothing else, and OpenSC is told in the environment of its process to let them alone.
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


def _module_seconds(module: Path) -> float:
    try:
        from hsm import pkcs11_device  # noqa: PLC0415 - a driver is loaded when its source is named
    except ImportError:
        return _FOLDER_SECONDS
    return pkcs11_device.listing_seconds(module)


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
