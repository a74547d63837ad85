"""What callers send: taken in within limits of size and time, and read as strictly as metadata is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from ceremony.core import strict_json
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.web.settings import Limits

JSON = "application/json"
NDJSON = "application/x-ndjson"
BYTES = "application/octet-stream"

_Model = TypeVar("_Model")


class GoneError(Exception):
    """The caller went away in the middle; there is nobody to answer."""


def check_type(request: Request, *wanted: str) -> None:
    """Nothing, if the request says that its body is of one of these types.

    That keeps out web pages as well: a browser sends none of these types elsewhere without asking first.
    Raises: RefusedError (BODY-TYPE).
    """
    found = request.headers.get("content-type", "")
    encoding = request.headers.get("content-encoding", "identity")
    if found.partition(";")[0].strip().lower() not in wanted:
        raise RefusedError("BODY-TYPE", f"the content type {found[:80]!r}", " or ".join(wanted))
    if encoding.lower() != "identity":
        raise RefusedError("BODY-TYPE", f"the content encoding {encoding[:40]!r}", "no content encoding")


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body.

    Raises: RefusedError (BODY-SIZE, BODY-SLOW); GoneError.
    """
    _check_length(request, limits.body_bytes)
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in _chunks(request):
                length += len(chunk)
                _check_size(length, limits.body_bytes)
                chunks.append(chunk)
    except TimeoutError:
        raise _slow(limits) from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def read_chunks(request: Request, limits: Limits, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces as they come, `limit` bytes in all at most; each piece has to come in time.

    Raises: RefusedError (BODY-SIZE, BODY-SLOW); GoneError.
    """
    _check_length(request, limit)
    length = 0
    chunks = _chunks(request)
    while True:
        try:
            async with asyncio.timeout(limits.body_seconds):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise _slow(limits) from None
        if chunk is None:
            return
        length += len(chunk)
        _check_size(length, limit)
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


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            return


def _check_length(request: Request, limit: int) -> None:
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit():
        _check_size(int(said[:20]), limit)


def _check_size(length: int, limit: int) -> None:
    if length > limit:
        raise RefusedError("BODY-SIZE", f"a body of {length} bytes or more", f"at most {limit} bytes")


def _slow(limits: Limits) -> RefusedError:
    return RefusedError("BODY-SLOW", f"no more of the body for {limits.body_seconds} seconds", "a whole body in time")
