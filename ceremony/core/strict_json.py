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

_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def decode(data: bytes, where: str) -> Json:
    """The value that `data` holds: UTF-8, one value, no duplicate key, no float, no NaN, at most DEPTH_MAX deep.

    Raises: TamperedError, naming `where`.
    """
    if _depth(data) > DEPTH_MAX:
        raise TamperedError("nested too deep", where)
    try:
        return _decode(data)
    except (ValueError, RecursionError) as error:
        raise TamperedError(f"not strict JSON ({error})", where) from error


def encode(value: Json) -> bytes:
    """The canonical JSON of `value`.

    Spec: 4.2, the OLPC form that securesystemslib writes.
    """
    text = encode_canonical(value)  # type: ignore[arg-type]  # its annotation leaves out Mapping and Sequence
    return (text or "").encode()


def _decode(data: bytes) -> Json:
    value: Json = json.loads(
        data.decode("utf-8"), object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse
    )
    return value


def _depth(data: bytes) -> int:
    deepest = depth = 0
    for token in _TOKENS.finditer(data):
        depth += _STEP.get(token[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(token: str) -> Json:
    raise ValueError(f"the number {token[:20]}")
