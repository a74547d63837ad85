"""What callers send: taken in within limits of size and time, and read as strictly as metadata is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec
from starlette.requests import HTTPConnection, Request

from ceremony.core import strict_json
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.web.settings import Limits

JSON = "application/json"
NDJSON = "application/x-ndjson"
BYTES = "application/octet-stream"

WHOLE = "ceremony.whole"
"""Where a connection says, in the state of a request, that all of it has come."""

_Model = TypeVar("_Model")


class GoneError(Exception):
    """The caller went away in the middle; there is nobody to answer."""


def header_of(request: HTTPConnection, name: bytes) -> str | None:
    """The first header of this name, in small letters, None if there is none.

    What starlette's own search finds, without the time that takes: every call asks for several.
    """
    for each, value in request.scope["headers"]:
        if each == name:
            return str(value, "latin-1")
    return None


def check_type(request: Request, *wanted: str) -> None:
    """Nothing, if the request says that its body is of one of these types.

    That keeps out web pages as well: a browser sends none of these types elsewhere without asking first.
    Raises: RefusedError (BODY-TYPE).
    """
    found = header_of(request, b"content-type") or ""
    encoding = header_of(request, b"content-encoding")
    if found.partition(";")[0].strip().lower() not in wanted:
        raise RefusedError("BODY-TYPE", f"the content type {found[:80]!r}", " or ".join(wanted))
    if encoding is not None and encoding.lower() != "identity":
        raise RefusedError("BODY-TYPE", f"the content encoding {encoding[:40]!r}", "no content encoding")


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body.

    Raises: RefusedError (BODY-SIZE, BODY-SLOW); GoneError.
    """
    _check_length(request, limits.body_bytes)
    if request.scope.get("state", {}).get(WHOLE):
        # Nobody is waited for.
        return await _gather(request, limits.body_bytes)
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _gather(request, limits.body_bytes)
    except TimeoutError:
        raise _slow(limits) from None


async def read_chunks(request: Request, limits: Limits, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces as they come, `limit` bytes in all at most; each piece has to come in time.

    Raises: RefusedError (BODY-SIZE, BODY-SLOW); GoneError.
    """
    _check_length(request, limit)
    length, is_over = 0, False
    while not is_over:
        try:
            async with asyncio.timeout(limits.body_seconds):
                chunk, is_over = await _take(request)
        except TimeoutError:
            raise _slow(limits) from None
        length += len(chunk)
        _check_size(length, limit)
        if chunk:
            yield chunk


async def read_lines(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """The lines of the body as they come, without their ends; empty ones too.

    Raises: RefusedError (BODY-SIZE, BODY-SLOW, LINE-LONG); GoneError.
    """
    rest = b""
    async for chunk in read_chunks(request, limits, limits.bulk_bytes):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in (*lines, rest):
            if len(line) > limits.line_bytes:
                raise RefusedError("LINE-LONG", f"a line of more than {limits.line_bytes} bytes", "shorter lines")
        for line in lines:
            yield line
    if rest:
        yield rest


def decode_body(data: bytes, model: type[_Model]) -> _Model:
    """The value that `data` holds, in the shape of `model`; fields that the model does not have are left out.

    Raises: RefusedError (BODY-STRICT, BODY-SHAPE).
    """
    try:
        value = strict_json.decode(data, "body")
    except TamperedError as error:
        raise RefusedError("BODY-STRICT", error.what[:200], "strict JSON") from None
    return shape(value, model)


def shape(value: Any, model: type[_Model]) -> _Model:  # noqa: ANN401  # whatever JSON holds
    """The value in the shape of `model`.

    Raises: RefusedError (BODY-SHAPE).
    """
    try:
        return msgspec.convert(value, model)
    except msgspec.ValidationError as error:
        raise RefusedError("BODY-SHAPE", str(error)[:200], f"a {model.__name__} as described") from None


async def _gather(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    length, is_over = 0, False
    while not is_over:
        chunk, is_over = await _take(request)
        length += len(chunk)
        _check_size(length, limit)
        chunks.append(chunk)
    return b"".join(chunks)


async def _take(request: Request) -> tuple[bytes, bool]:
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise GoneError
    return message.get("body", b""), not message.get("more_body", False)


def _check_length(request: Request, limit: int) -> None:
    said = header_of(request, b"content-length")
    if said is not None and said.isascii() and said.isdigit():
        _check_size(int(said[:20]), limit)


def _check_size(length: int, limit: int) -> None:
    if length > limit:
        raise RefusedError("BODY-SIZE", f"a body of {length} bytes or more", f"at most {limit} bytes")


def _slow(limits: Limits) -> RefusedError:
    return RefusedError("BODY-SLOW", f"no more of the body for {limits.body_seconds} seconds", "a whole body in time")
