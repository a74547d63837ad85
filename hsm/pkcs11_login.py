"""Logging in on a PKCS#11 session that is already open, so that a refused PIN leaves no session behind.

python-pkcs11 0.10.1 logs in only while it opens a session, loses that session when the PIN is refused, and keeps it
when logging out fails. The three lines of C that are missing are called here through the module's own function list.
"""

import ctypes
from pathlib import Path

# Their places in CK_FUNCTION_LIST (PKCS#11 2.40, section 3.6), counted after the version, which fills the first word.
_LOGIN, _LOGOUT = 18, 19
_USER = 1
_OK = 0

_Ulong = ctypes.c_ulong
_Login = ctypes.CFUNCTYPE(_Ulong, _Ulong, _Ulong, ctypes.c_char_p, _Ulong)
_Logout = ctypes.CFUNCTYPE(_Ulong, _Ulong)


class LoginRefusedError(Exception):
    """The module refused to log in; `code` is its CK_RV."""

    def __init__(self, code: int) -> None:
        super().__init__(f"CK_RV 0x{code:x}")
        self.code = code


def log_in(module: Path, session: int, pin: bytes) -> None:
    """The user is logged in on the token of `session`, a handle of the loaded `module`.

    Raises: LoginRefusedError.
    """
    code = _Login(_function(module, _LOGIN))(session, _USER, pin, len(pin))
    if code != _OK:
        raise LoginRefusedError(code)


def log_out(module: Path, session: int) -> None:
    """The user is logged out of the token of `session`, if the token is there; whatever the module answers."""
    _Logout(_function(module, _LOGOUT))(session)


def _function(module: Path, place: int) -> int:
    functions = ctypes.POINTER(ctypes.c_size_t)()
    ctypes.CDLL(str(module)).C_GetFunctionList(ctypes.byref(functions))
    return int(functions[1 + place])
