"""What an explanation is made of, and the exit status of each kind of error."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ceremony import errors
from ceremony.errors import CeremonyError
from hsm import errors as devices
from hsm.errors import DeviceError

BUG_STATUS = 70
"""What the program exits with when it fails in a way that nobody foresaw."""

_STATUSES: Mapping[type[CeremonyError | DeviceError], int] = MappingProxyType(
    {
        errors.SettingsError: 2,
        errors.RefusedError: 3,
        errors.TamperedError: 4,
        errors.StoppedError: 5,
        errors.StorageError: 7,
        errors.RehearsalError: 8,
        errors.TerminalError: 9,
        errors.PausedError: 10,
        devices.DeviceAbsentError: 60,
        devices.DeviceBusyError: 61,
        devices.WrongPinError: 62,
        devices.PinBlockedError: 63,
        devices.TouchMissingError: 64,
        devices.KeyAbsentError: 65,
        devices.KeyExistsError: 66,
        devices.UnsupportedError: 67,
        devices.DeviceFaultError: 68,
        devices.WrongPukError: 69,
        devices.PukBlockedError: 71,
        devices.CodeRefusedError: 72,
        devices.ManagementKeyUnknownError: 73,
        devices.DeviceSwappedError: 74,
        devices.AttestationRefusedError: 75,
        devices.DriverLostError: 76,
        devices.SerialSharedError: 77,
    }
)

STATUS_MEANINGS: Mapping[int, str] = MappingProxyType(
    {
        0: "done",
        2: "a plan, a settings file or the command line cannot be read",
        3: "a rule refused",
        4: "bytes are not what they claim to be",
        5: "a person stopped",
        7: "a disk or stick did not take or give its bytes",
        8: "the real client does not accept what would be published",
        9: "no terminal, or one that is too small",
        10: "paused: signatures from other places are awaited",
        60: "a device is not plugged in",
        61: "a device is in use by another program",
        62: "wrong PIN",
        63: "the PIN is blocked",
        64: "nobody touched the device",
        65: "the device does not hold that key",
        66: "the device holds a key of that name already",
        67: "the device cannot do this",
        68: "the device failed",
        69: "wrong PUK",
        BUG_STATUS: "a mistake in the program",
        71: "the PUK is blocked too",
        72: "the device does not take this new code",
        73: "nobody here has the management key of the device",
        74: "another device stands in its place",
        75: "what vouches for a key cannot be believed",
        76: "the maker's module died or hung",
        77: "two devices with one serial",
    }
)
"""Every exit status of the programs, and what it means."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to show people: a title of one line, what exactly was found, what to do now, and the exit status.

    It is no fault where everything went as people meant it to.
    """

    title: str
    detail: str
    advice: str
    status: int
    is_fault: bool = True


def status_of(error: CeremonyError | DeviceError) -> int:
    """The exit status of this kind of error."""
    return _STATUSES.get(type(error), BUG_STATUS)
