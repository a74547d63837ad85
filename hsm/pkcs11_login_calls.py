"""The few functions that python-pkcs11 0.10.1 does not call, or not as they are needed, through the module's own list.

C_Login: the library logs in only while it opens a session, which it loses where the PIN is refused.
C_Logout: it logs out only where it logged in, and keeps the session open where that fails.
C_GetSessionInfo: it never asks whether a login still holds.
C_GetTokenInfo: it drops how long a token's PINs are.
C_SignInit, C_Sign: between the two it can log in with a PIN, but not with none, for a PIN pad.
"""

import ctypes
from collections.abc import Sequence
from enum import IntEnum

from hsm.pkcs11_refusals import refusal_of

_OK, _NOT_SUPPORTED = 0x00, 0x54
_PUBLIC_STATES = {0, 2}  # for reading alone, and for writing
_LONGEST_SIGNATURE = 1024
_Ulong, _Pointer = ctypes.c_ulong, ctypes.c_void_p
# CK_FUNCTION_LIST (PKCS#11 2.40, section 3.6): each function's place after the version, and its parameters.
_FUNCTIONS = {
    "C_GetTokenInfo": (6, (_Ulong, _Pointer)),
    "C_GetSessionInfo": (15, (_Ulong, _Pointer)),
    "C_Login": (18, (_Ulong, _Ulong, _Pointer, _Ulong)),
    "C_Logout": (19, (_Ulong,)),
    "C_SignInit": (42, (_Ulong, _Pointer, _Ulong)),
    "C_Sign": (43, (_Ulong, _Pointer, _Ulong, _Pointer, _Pointer)),
}


class _User(IntEnum):
    USER = 1
    CONTEXT_SPECIFIC = 2  # the same user, for the one operation that has begun


class _TokenInfo(ctypes.Structure):
    """CK_TOKEN_INFO; the lengths of PINs are in bytes."""

    _fields_ = (
        ("texts", ctypes.c_char * 96),
        ("flags", _Ulong),
        ("sessions", _Ulong * 4),
        ("longest_pin", _Ulong),
        ("shortest_pin", _Ulong),
        ("memory", _Ulong * 4),
        ("versions", ctypes.c_ubyte * 4),
        ("clock", ctypes.c_char * 16),
    )


class _SessionInfo(ctypes.Structure):
    """CK_SESSION_INFO; `state` says who is logged in."""

    _fields_ = (("slot", _Ulong), ("state", _Ulong), ("flags", _Ulong), ("device_error", _Ulong))


class _Mechanism(ctypes.Structure):
    """CK_MECHANISM: which one, and its parameter."""

    _fields_ = (("number", _Ulong), ("parameter", _Pointer), ("length", _Ulong))


class LoginCalls:
    """These functions of a module; slots, sessions and keys go by the handles that python-pkcs11 has of them."""

    def __init__(self, path: str) -> None:
        """The module is loaded, not initialised.

        Raises: OSError where it does not load, AttributeError where it is no PKCS#11 module, PKCS11Error.
        """
        self._list = ctypes.POINTER(ctypes.c_size_t)()
        code = ctypes.CDLL(path).C_GetFunctionList(ctypes.byref(self._list))
        if code != _OK:
            raise refusal_of(code)

    def pin_lengths(self, slot: int) -> tuple[int, int]:
        """The shortest and the longest PIN of the token in the slot, in bytes; zeros where it does not say."""
        info = _TokenInfo()
        self._call("C_GetTokenInfo", slot, ctypes.byref(info))
        return info.shortest_pin, info.longest_pin

    def is_logged_in(self, session: int) -> bool:
        """Whether the module says that the user is logged in on the session, or says nothing of it."""
        info = _SessionInfo()
        return self._answer("C_GetSessionInfo", session, ctypes.byref(info)) != _OK or info.state not in _PUBLIC_STATES

    def log_in(self, session: int, pin: bytes | None) -> None:
        """Logged in; with None the PIN is typed on the device itself."""
        self._call("C_Login", session, _User.USER, pin, len(pin or b""))

    def log_out(self, session: int) -> None:
        """Logged out."""
        self._call("C_Logout", session)

    def sign_on_pad(self, session: int, key: int, mechanism: int, parameter: Sequence[int], data: bytes) -> bytes:
        """A signature that its owner allows by typing the PIN on the device; `parameter` is a row of CK_ULONG."""
        words = (_Ulong * len(parameter))(*parameter)
        asked = _Mechanism(mechanism, ctypes.addressof(words) if parameter else None, ctypes.sizeof(words))
        room, length = ctypes.create_string_buffer(_LONGEST_SIGNATURE), _Ulong(_LONGEST_SIGNATURE)
        self._call("C_SignInit", session, ctypes.byref(asked), key)
        self._call("C_Login", session, _User.CONTEXT_SPECIFIC, None, 0)
        self._call("C_Sign", session, data, len(data), room, ctypes.byref(length))
        return room.raw[: length.value]

    def _call(self, function: str, *arguments: object) -> None:
        code = self._answer(function, *arguments)
        if code != _OK:
            raise refusal_of(code)

    def _answer(self, function: str, *arguments: object) -> int:
        place, parameters = _FUNCTIONS[function]
        address = self._list[1 + place]
        return int(ctypes.CFUNCTYPE(_Ulong, *parameters)(address)(*arguments)) if address else _NOT_SUPPORTED
