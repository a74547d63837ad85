"""The structures that PKCS#11 functions fill in and read, as C lays them out (everywhere but on Windows)."""

import ctypes
from collections.abc import Sequence
from enum import IntEnum

from hsm.pkcs11_numbers import Attribute

Value = bool | IntEnum | int | bytes | str
Template = Sequence[tuple[Attribute, Value]]

Ulong = ctypes.c_ulong
UNREADABLE = Ulong(-1).value
"""The length of an attribute that cannot be had."""


class SlotInfo(ctypes.Structure):
    """CK_SLOT_INFO; `versions` are those of hardware and firmware, major and minor."""

    _fields_ = (
        ("description", ctypes.c_char * 64),
        ("maker", ctypes.c_char * 32),
        ("flags", Ulong),
        ("versions", ctypes.c_ubyte * 4),
    )


class TokenInfo(ctypes.Structure):
    """CK_TOKEN_INFO; texts are UTF-8, padded with blanks; the lengths of PINs are in bytes."""

    _fields_ = (
        ("label", ctypes.c_char * 32),
        ("maker", ctypes.c_char * 32),
        ("model", ctypes.c_char * 16),
        ("serial", ctypes.c_char * 16),
        ("flags", Ulong),
        ("sessions", Ulong * 4),
        ("longest_pin", Ulong),
        ("shortest_pin", Ulong),
        ("memory", Ulong * 4),
        ("versions", ctypes.c_ubyte * 4),
        ("clock", ctypes.c_char * 16),
    )


class SessionInfo(ctypes.Structure):
    """CK_SESSION_INFO; `state` says who is logged in."""

    _fields_ = (("slot", Ulong), ("state", Ulong), ("flags", Ulong), ("device_error", Ulong))


class MechanismInfo(ctypes.Structure):
    """CK_MECHANISM_INFO; the lengths are those of keys."""

    _fields_ = (("shortest", Ulong), ("longest", Ulong), ("flags", Ulong))


class MechanismCall(ctypes.Structure):
    """CK_MECHANISM: which one, and its parameter."""

    _fields_ = (("number", Ulong), ("parameter", ctypes.c_char_p), ("length", Ulong))


class AttributeCell(ctypes.Structure):
    """CK_ATTRIBUTE: which one, and where its value lies."""

    _fields_ = (("kind", Ulong), ("value", ctypes.c_void_p), ("length", Ulong))


class TemplateTable:
    """A template as an array of CK_ATTRIBUTE; the values it points to live as long as this does."""

    def __init__(self, template: Template) -> None:
        """Each value encoded as C has it: flags as one byte, numbers as CK_ULONG, texts as UTF-8."""
        self._values = [ctypes.create_string_buffer(_encoded(value)) for _, value in template]
        self.array = (AttributeCell * len(template))()
        for cell, (kind, _), value in zip(self.array, template, self._values, strict=True):
            # the buffer has a zero byte after the value
            cell.kind, cell.value, cell.length = kind, ctypes.addressof(value), len(value) - 1


def _encoded(value: Value) -> bytes:
    match value:
        case bool():
            return bytes([value])
        case int():
            return bytes(Ulong(value))
        case str():
            return value.encode(errors="surrogatepass")
    return value
