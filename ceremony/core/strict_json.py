"""JSON as the metadata formats allow it: read strictly, written canonically."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from securesystemslib.formats import encode_canonical

from ceremony.errors import TamperedError

DEPTH_MAX = 16
"""Nesting of TUF metadata stays below ten; deeper input is hostile."""

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

# A text that never ends is taken whole: each byte is looked at once, whatever the input.
_TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x1f]")
_CONTROLS = bytes(range(32))
_BESIDE_BRACKETS = bytes({*range(256)} - {*b"[]{}"})
_BESIDE_BRACKETS_AND_QUOTES = bytes({*_BESIDE_BRACKETS} - {*b'"'})
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_OPENS = ord("[")


def decode(data: bytes, where: str) -> Json:
    """The value that `data` holds: UTF-8, one value, no duplicate key, no float, no NaN, at most DEPTH_MAX deep.

    Raises: TamperedError, naming `where`.
    """
    if _is_too_deep(data):
        raise TamperedError("nested too deep", where)
    try:
        return _decode(data)
    except (ValueError, RecursionError) as error:
        raise TamperedError(f"not strict JSON ({error})", where) from error


def decode_canonical(payload: bytes, where: str) -> Json:
    """The value of a canonical payload: strict in the same way.

    Raises: TamperedError, naming `where`.
    """
    return decode(embedded(payload), where)


def embedded(payload: bytes) -> bytes:
    """A canonical payload as it stands inside a JSON file.

    The canonical form writes control characters raw, the line ends of PEM keys among them, which JSON does not allow:
    here alone the two differ.
    """
    # Most payloads hold none, which this finds ten times faster.
    if len(payload.translate(None, _CONTROLS)) == len(payload):
        return payload
    return _CONTROL.sub(_escape, payload)


def encode_file(value: Json) -> bytes:
    """The JSON of a file of ours: canonical, but with control characters escaped, so that `decode` reads it again."""
    return embedded(encode(value))


def encode(value: Json) -> bytes:
    """The canonical JSON of `value`.

    Spec: 4.2, the OLPC form that securesystemslib writes.
    """
    text = encode_canonical(value)  # type: ignore[arg-type]  # its annotation leaves out Mapping and Sequence
    return (text or "").encode()


def _escape(control: re.Match[bytes]) -> bytes:
    return b"\\n" if control[0] == b"\n" else b"\\u%04x" % control[0][0]


def _decode(data: bytes) -> Json:
    text = data.decode("utf-8")
    # Looked at here, as in json.loads: the decoder itself would only say that it found no value.
    if text.startswith("\ufeff"):
        raise ValueError("Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)")
    value: Json = _DECODER.decode(text)
    if b"\\u" in data:
        # Half a surrogate pair can be escaped in JSON, but no UTF-8 can hold it.
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _is_too_deep(data: bytes) -> bool:
    # So few brackets cannot nest deeper, wherever they stand.
    if data.count(b"[") + data.count(b"{") <= DEPTH_MAX:
        return False
    brackets = left = _outside_texts(data)
    # Pair after pair from the inside: looking at each bracket by itself takes many times as long.
    for _ in range(DEPTH_MAX):
        left = left.replace(b"[]", b"")
        if not left:
            return False
    deepest = depth = 0
    for bracket in brackets:
        depth += 1 if bracket == _OPENS else -1
        deepest = max(deepest, depth)
    return deepest > DEPTH_MAX


def _outside_texts(data: bytes) -> bytes:
    """The brackets that stand in no text, as if all were of one kind."""
    if b"\\" in data:
        return _TEXTS.sub(b"", data).translate(_ONE_KIND, _BESIDE_BRACKETS)
    # Each quote begins a text or ends one. Two beside each other change nothing for any bracket, wherever they stand.
    found = data.translate(_ONE_KIND, _BESIDE_BRACKETS_AND_QUOTES).replace(b'""', b"")
    return b"".join(found.split(b'"')[::2])


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(token: str) -> Json:
    raise ValueError(f"the number {token[:20]}")


# Made once: making one takes as long as reading a short text.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse)
