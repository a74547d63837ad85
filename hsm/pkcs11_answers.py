"""What the names and numbers of PKCS#11 answers mean to us; the names are those of python-pkcs11's exceptions."""

from collections.abc import Mapping

# A handle that was good an instant ago is bad only because its token went away.
GONE = frozenset(
    {
        "DeviceRemoved",
        "KeyHandleInvalid",
        "ObjectHandleInvalid",
        "SessionClosed",
        "SessionHandleInvalid",
        "SlotIDInvalid",
        "TokenNotPresent",
        "TokenNotRecognised",
    }
)
BUSY = frozenset({"AnotherUserAlreadyLoggedIn", "SessionCount", "UserAlreadyLoggedIn", "UserTooManyTypes"})
WRONG_PIN = frozenset({"PinIncorrect", "PinInvalid", "PinLenRange"})
BLOCKED_PIN = frozenset({"PinLocked"})

_NAMES: Mapping[int, str] = {
    0x05: "GeneralError",
    0x06: "FunctionFailed",
    0x30: "DeviceError",
    0x32: "DeviceRemoved",
    0x50: "FunctionCancelled",
    0xA0: "PinIncorrect",
    0xA1: "PinInvalid",
    0xA2: "PinLenRange",
    0xA3: "PinExpired",
    0xA4: "PinLocked",
    0xB3: "SessionHandleInvalid",
    0xE0: "TokenNotPresent",
    0xE1: "TokenNotRecognised",
    0x100: "UserAlreadyLoggedIn",
    0x102: "UserPinNotInitialized",
    0x104: "AnotherUserAlreadyLoggedIn",
    0x105: "UserTooManyTypes",
}


def name_of(code: int) -> str:
    """The name of a CK_RV that logging in can answer, or its number in hex."""
    return _NAMES.get(code, f"0x{code:x}")
