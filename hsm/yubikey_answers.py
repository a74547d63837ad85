"""What PC/SC and a YubiKey answer when they refuse, as errors of ours."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import UnsupportedAlgorithm
from yubikit.core import CommandError
from yubikit.core.smartcard import SW, ApduError

from hsm.errors import DeviceAbsentError, DeviceBusyError, DeviceError, DeviceFaultError
from hsm.yubikey_link import PcscError

GONE = frozenset(
    {
        "SCARD_E_INVALID_HANDLE",
        "SCARD_E_INVALID_VALUE",
        "SCARD_E_NOT_TRANSACTED",
        "SCARD_E_NO_READERS_AVAILABLE",
        "SCARD_E_NO_SMARTCARD",
        "SCARD_E_READER_UNAVAILABLE",
        "SCARD_E_UNKNOWN_READER",
        "SCARD_W_REMOVED_CARD",
        "SCARD_W_RESET_CARD",
    }
)
"""Nobody else has a part in a connection of ours: one that is good no more has lost its YubiKey."""
BUSY = frozenset({"SCARD_E_SHARING_VIOLATION"})

# What yubikit raises when an answer is not what it should be: it takes the bytes apart and trusts them while it does.
_NONSENSE = (
    CommandError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    EOFError,
    RecursionError,
    struct.error,
    UnsupportedAlgorithm,
)


@contextmanager
def told_as_ours(serial: str) -> Iterator[None]:
    """Whatever yubikit and PC/SC raise inside is one of our errors outside, with this serial.

    Raises: DeviceAbsentError, DeviceBusyError, DeviceFaultError, and every error that is ours already.
    """
    try:
        yield
    except DeviceError:
        raise
    except TimeoutError as error:
        raise DeviceFaultError(serial, "no answer") from error
    except PcscError as error:
        raise _of_pcsc(serial, error) from error
    except _NONSENSE as error:
        raise DeviceFaultError(serial, _name_of(error)) from error


def status_of(error: ApduError) -> str:
    """The name of a status word, or the word itself in hex."""
    return SW(error.sw).name if error.sw in set(SW) else f"SW {error.sw:04X}"


def _of_pcsc(serial: str, error: PcscError) -> DeviceError:
    if error.code in GONE:
        return DeviceAbsentError(serial)
    return DeviceBusyError(serial) if error.code in BUSY else DeviceFaultError(serial, error.code)


def _name_of(error: Exception) -> str:
    return status_of(error) if isinstance(error, ApduError) else type(error).__name__
