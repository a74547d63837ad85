"""Where the API listens: sockets for its addresses, and what is left of them afterwards."""

import errno
import os
import socket
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from ceremony.errors import StorageError

_BACKLOG = 1_024
_PATIENCE_SECONDS = 1.0
_TICK_SECONDS = 0.02
_UNIX = "unix:"
_UNIX_MODE = 0o660


def listening(addresses: Sequence[str]) -> list[socket.socket]:
    """A listening socket for each address.

    Raises: StorageError if one is taken; then none is left open.
    """
    found: list[socket.socket] = []
    for each in addresses:
        try:
            found.append(_soon_listening(each))
        except OSError as error:
            for opened in found:
                opened.close()
            raise StorageError(each, errno.errorcode.get(error.errno or 0, type(error).__name__)) from error
    return found


def _soon_listening(address: str) -> socket.socket:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return _unix(address.removeprefix(_UNIX)) if address.startswith(_UNIX) else _tcp(address)
        except OSError as error:
            # The front of a signer that was killed a moment ago is about to end.
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise
        time.sleep(_TICK_SECONDS)


def _tcp(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    bare = host.strip("[]")
    family, kind, protocol, _, place = socket.getaddrinfo(bare, int(port), type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(place)
        found.listen(_BACKLOG)
        found.settimeout(0)
    except OSError:
        found.close()
        raise
    return found


def _unix(path: str) -> socket.socket:
    place = Path(path)
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A socket that a killed signer left behind is in the way; anything else of that name stays.
        if place.exists() and stat.S_ISSOCK(place.lstat().st_mode) and not _answers(path):
            place.unlink()
        before = os.umask(0o777 & ~_UNIX_MODE)
        try:
            found.bind(path)
        finally:
            os.umask(before)
        found.listen(_BACKLOG)
        found.settimeout(0)
    except OSError:
        found.close()
        raise
    return found


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(path) == 0


def address_of(found: socket.socket) -> str:
    """Where this socket listens, with the port that the system chose."""
    if found.family == socket.AF_UNIX:
        return f"{_UNIX}{found.getsockname()}"
    host, port = found.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def leave(addresses: Sequence[str]) -> None:
    """Nothing is left at these addresses."""
    for each in addresses:
        if each.startswith(_UNIX):
            Path(each.removeprefix(_UNIX)).unlink(missing_ok=True)
