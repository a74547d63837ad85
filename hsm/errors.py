"""What can go wrong with a device: data, no sentences (`ceremony.explain` turns the fields into words)."""

from dataclasses import dataclass
from typing import Self


@dataclass(eq=False)
class DeviceError(Exception):
    """The family of device errors; only its leaves are raised."""

    serial: str

    def __new__(cls, *_args: object, **_fields: object) -> Self:
        """A leaf; the base itself cannot be made."""
        if cls is DeviceError:
            raise TypeError(cls)
        return super().__new__(cls)

    def __str__(self) -> str:
        """The fields, as for `repr`: a traceback shows them."""
        return repr(self)


@dataclass(eq=False)
class DeviceAbsentError(DeviceError):
    """The device with this serial is not plugged in, or was pulled out while in use."""


@dataclass(eq=False)
class DeviceBusyError(DeviceError):
    """Another program holds the device."""


@dataclass(eq=False)
class WrongPinError(DeviceError):
    """The PIN was refused; `attempts_left` is None where the device does not tell."""

    attempts_left: int | None


@dataclass(eq=False)
class PinBlockedError(DeviceError):
    """The device takes no PIN any more."""


@dataclass(eq=False)
class WrongPukError(DeviceError):
    """The PUK was refused; `attempts_left` is None where the device does not tell."""

    attempts_left: int | None


@dataclass(eq=False)
class PukBlockedError(DeviceError):
    """The device takes no PUK any more: neither code can open it again."""


@dataclass(eq=False)
class CodeRefusedError(DeviceError):
    """The device does not take this new code, whatever it is: `code` is "PIN" or "PUK"."""

    code: str


@dataclass(eq=False)
class ManagementKeyUnknownError(DeviceError):
    """The device makes no key without its management key, which is neither the maker's nor kept under the PIN."""


@dataclass(eq=False)
class DeviceSwappedError(DeviceError):
    """In place of the device stands another one, of the serial `found`; it was not told any PIN."""

    found: str


@dataclass(eq=False)
class SerialSharedError(DeviceError):
    """Two devices have this serial, so that nobody can say which one is meant; neither was told any PIN."""


@dataclass(eq=False)
class AttestationRefusedError(DeviceError):
    """What the device says of its key in its maker's name cannot be believed: `what` says why."""

    what: str


@dataclass(eq=False)
class DriverLostError(DeviceError):
    """The maker's module, in a process of its own, died or hung; `how` says which. Its devices are locked."""

    how: str


@dataclass(eq=False)
class TouchMissingError(DeviceError):
    """Nobody touched the device within `seconds`."""

    seconds: int


@dataclass(eq=False)
class KeyAbsentError(DeviceError):
    """The device holds no key under this label."""

    label: str


@dataclass(eq=False)
class KeyExistsError(DeviceError):
    """The device already holds a key under this label; it is untouched."""

    label: str


@dataclass(eq=False)
class UnsupportedError(DeviceError):
    """The device cannot do what was asked of it: `scheme` is a signature scheme or the name of an operation."""

    scheme: str


@dataclass(eq=False)
class DeviceFaultError(DeviceError):
    """Anything else a vendor raises; `code` is the vendor's own name for it."""

    code: str
