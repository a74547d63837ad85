"""The published repository over HTTP, as any web server or CDN would serve the shelf: for everybody, and read-only."""

import os
import re
import stat
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ceremony.errors import RefusedError

FOLDERS = ("/metadata/", "/targets/")

_VERSIONED = re.compile(r"[1-9][0-9]{0,9}\.[A-Za-z0-9_-]{1,200}\.json")
_SEGMENT = re.compile(r"[^\x00-\x1f\x7f\\/.][^\x00-\x1f\x7f\\/]{0,254}")
_FOR_EVER = "public, max-age=31536000, immutable"
_NEVER = "no-cache"


async def serve_file(request: Request, shelf: Path) -> Response:
    """The file of the shelf that this request is for; what has a version or a hash in its name never changes.

    Raises: RefusedError (ROUTE-KNOWN) if there is none; nothing outside the shelf is ever read.
    """
    # Not the URL of the request: that is made of headers too, and callers choose those.
    path = request.scope["path"]
    cache = _cache(path)
    found = await run_in_threadpool(_regular, shelf, path.split("/")[1:]) if cache else None
    if found is None or cache is None:
        raise RefusedError("ROUTE-KNOWN", f"{path[:200]}", "a published file")
    place, state = found
    etag = f'"{state.st_mtime_ns:x}-{state.st_size:x}-{state.st_ino:x}"'
    headers = {"Cache-Control": cache, "ETag": etag, "X-Content-Type-Options": "nosniff"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Last-Modified"] = formatdate(state.st_mtime, usegmt=True)
    kind = "application/json" if path.startswith("/metadata/") else "application/octet-stream"
    if cache == _NEVER:
        # Another file may have this name by now, of another length: what is sent is one of the two, whole.
        return Response(await run_in_threadpool(place.read_bytes), headers=headers, media_type=kind)
    return FileResponse(place, headers=headers, media_type=kind, stat_result=state)


def _cache(path: str) -> str | None:
    folder, _, name = path[1:].partition("/")
    if folder == "targets":
        return _FOR_EVER
    if name == "timestamp.json":
        return _NEVER
    return _FOR_EVER if _VERSIONED.fullmatch(name) else None


def _regular(shelf: Path, segments: list[str]) -> tuple[Path, os.stat_result] | None:
    # No segment begins with a dot: neither what is on its way into the shelf, nor anything above it, can be named.
    if not all(_SEGMENT.fullmatch(each) for each in segments):
        return None
    place = shelf.joinpath(*segments)
    try:
        # Links are not followed, wherever in the path they stand.
        state = place.lstat()
        is_inside = place.parent.resolve(strict=True) == shelf.resolve(strict=True).joinpath(*segments[:-1])
    except (OSError, ValueError):
        return None
    return (place, state) if stat.S_ISREG(state.st_mode) and is_inside else None
