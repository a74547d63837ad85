"""What a module answers instead of CKR_OK: python-pkcs11's exceptions, by the names and numbers of the standard."""

import re
from collections.abc import Mapping

from pkcs11 import exceptions
from pkcs11.exceptions import PKCS11Error

# What the functions of `hsm.pkcs11_login_calls` answer; python-pkcs11 keeps its own table to itself.
_KINDS: Mapping[int, type[PKCS11Error]] = {
    0x02: exceptions.HostMemory,
    0x03: exceptions.SlotIDInvalid,
    0x05: exceptions.GeneralError,
    0x06: exceptions.FunctionFailed,
    0x07: exceptions.ArgumentsBad,
    0x20: exceptions.DataInvalid,
    0x21: exceptions.DataLenRange,
    0x30: exceptions.DeviceError,
    0x31: exceptions.DeviceMemory,
    0x32: exceptions.DeviceRemoved,
    0x50: exceptions.FunctionCancelled,
    0x54: exceptions.FunctionNotSupported,
    0x60: exceptions.KeyHandleInvalid,
    0x62: exceptions.KeySizeRange,
    0x63: exceptions.KeyTypeInconsistent,
    0x70: exceptions.MechanismInvalid,
    0x71: exceptions.MechanismParamInvalid,
    0x82: exceptions.ObjectHandleInvalid,
    0x90: exceptions.OperationActive,
    0x91: exceptions.OperationNotInitialized,
    0xA0: exceptions.PinIncorrect,
    0xA1: exceptions.PinInvalid,
    0xA2: exceptions.PinLenRange,
    0xA3: exceptions.PinExpired,
    0xA4: exceptions.PinLocked,
    0xB0: exceptions.SessionClosed,
    0xB1: exceptions.SessionCount,
    0xB3: exceptions.SessionHandleInvalid,
    0xB7: exceptions.SessionReadOnlyExists,
    0xE0: exceptions.TokenNotPresent,
    0xE1: exceptions.TokenNotRecognised,
    0x100: exceptions.UserAlreadyLoggedIn,
    0x101: exceptions.UserNotLoggedIn,
    0x102: exceptions.UserPinNotInitialized,
    0x104: exceptions.AnotherUserAlreadyLoggedIn,
    0x105: exceptions.UserTooManyTypes,
    0x200: exceptions.FunctionRejected,
}
# Where python-pkcs11 spells otherwise than the standard.
_SPELLINGS: Mapping[str, str] = {
    "AnotherUserAlreadyLoggedIn": "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
    "FunctionCancelled": "CKR_FUNCTION_CANCELED",
    "TokenNotRecognised": "CKR_TOKEN_NOT_RECOGNIZED",
}
# What python-pkcs11 0.10 has no exception for.
_WITHOUT_KIND: Mapping[int, str] = {
    0x01: "CKR_CANCEL",
    0x1B: "CKR_ACTION_PROHIBITED",
    0x68: "CKR_KEY_FUNCTION_NOT_PERMITTED",
    0x140: "CKR_CURVE_NOT_SUPPORTED",
    0x1B0: "CKR_NEW_PIN_MODE",
    0x1B6: "CKR_FIPS_SELF_TEST_FAILED",
    0x1B7: "CKR_LIBRARY_LOAD_FAILED",
    0x201: "CKR_TOKEN_RESOURCE_EXCEEDED",
}
_UNMAPPED = "Unmapped error code "
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def refusal_of(code: int) -> PKCS11Error:
    """The exception that python-pkcs11 raises for this CK_RV."""
    return _KINDS[code]() if code in _KINDS else PKCS11Error(f"{_UNMAPPED}{code:#x}")


def name_of(refusal: PKCS11Error) -> str:
    """The standard's name of the answer, such as CKR_PIN_LOCKED; its number in hex where it has none here."""
    name = type(refusal).__name__
    if type(refusal) is not PKCS11Error:
        return _SPELLINGS.get(name, f"CKR_{_WORDS.sub('_', name).upper()}")
    if not str(refusal).startswith(_UNMAPPED):
        return name
    code = int(str(refusal).removeprefix(_UNMAPPED), 16)
    return _WITHOUT_KIND.get(code, f"CKR 0x{code:x}")
