"""Records as lines of JSON, read back only if every field is of its type: neither half believes the other.

Bytes are written in base64, a PIN as its digits. A line also has the number of its request, which its answer repeats.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TypeVar, get_args, get_origin, get_type_hints

from hsm.device import Pin, Scheme

Record = TypeVar("Record")

_ENVELOPE = ("number", "kind", "fields")
_FROM_TEXT: Mapping[object, Callable[[str], object]] = {
    str: str,
    bytes: lambda text: a2b_base64(text, strict_mode=True),
    Pin: Pin,
    Scheme: Scheme,
}


class MalformedError(Exception):
    """A line that is no record of the kinds that were asked for."""


def write_line(number: int, record: object) -> bytes:
    """One line, without its end."""
    return json.dumps(dict(zip(_ENVELOPE, (number, type(record).__name__, _plain(record)), strict=True))).encode()


def read_line(line: bytes, kinds: Iterable[type[Record]]) -> tuple[int, Record]:
    """The number of the request, and the record.

    Raises: MalformedError; it does not show the line, in which there may be a PIN.
    """
    try:
        number, name, values = _envelope(json.loads(line))
        return number, _record(values, {kind.__name__: kind for kind in kinds}[name])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise MalformedError(type(error).__name__) from None


def _plain(value: object) -> object:
    match value:
        case Pin():
            return value.secret
        case bytes():
            return b2a_base64(value, newline=False).decode()
        case tuple():
            return [_plain(each) for each in value]
        case None | bool() | int() | str():
            return value
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}  # type: ignore[arg-type]


def _envelope(read: object) -> tuple[int, str, object]:
    match read:
        case {"number": int() as number, "kind": str() as name, "fields": values, **others}:
            if not others and type(number) is int:  # to Python, true is a number too
                return number, name, values
    raise TypeError(_ENVELOPE)


def _record(values: object, kind: Callable[..., Record]) -> Record:
    hints = _hints(kind)
    if not isinstance(values, dict) or values.keys() != hints.keys():
        raise TypeError(kind)
    return kind(**{name: _checked(values[name], hint) for name, hint in hints.items()})


@cache
def _hints(kind: Callable[..., object]) -> Mapping[str, object]:
    return get_type_hints(kind)


def _checked(value: object, hint: object) -> object:
    """`value` as a field of this type.

    Raises: TypeError, ValueError.
    """
    if get_origin(hint) is UnionType:
        (kind,) = (each for each in get_args(hint) if each is not NoneType)
        return None if value is None else _checked(value, kind)
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_checked(each, get_args(hint)[0]) for each in value)
    if isinstance(hint, type) and is_dataclass(hint) and hint is not Pin:
        return _record(value, hint)
    if hint in {int, bool} and type(value) is hint:
        return value
    if isinstance(value, str) and hint in _FROM_TEXT:
        return _FROM_TEXT[hint](value)
    raise TypeError(hint)
