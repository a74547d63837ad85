"""The line between us and a module's process: one socket, one line of JSON for each request and each answer."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

Got = TypeVar("Got")

LONGEST_LINE = 32 * 2**20
"""How many bytes a line can have; the largest metadata file that anybody signs is a tenth of that."""
_CHUNK = 65536
_LOOK_UP_SECONDS = 0.25
"""How long one wait may be. Ctrl-C ends a wait that it comes into; one that comes in the instant before a wait, or is
taken by another thread, is heard only after it (Python's signal module, "Execution of Python signal handlers")."""


class TooLongError(Exception):
    """A line that is longer than any may be."""


class Channel:
    """One end of the line."""

    def __init__(self, end: socket.socket) -> None:
        """Over a connected socket, which is this channel's from now on."""
        self._end = end
        self._rest = b""

    def send(self, line: bytes, seconds: float | None = None) -> None:
        """The whole line is on its way.

        Raises: TooLongError (nothing was sent), TimeoutError, OSError.
        """
        if len(line) > LONGEST_LINE:
            raise TooLongError
        deadline = _deadline(seconds)
        rest = memoryview(line + b"\n")
        while rest:
            rest = rest[self._wait(partial(self._end.send, rest), deadline) :]

    def receive(self, seconds: float | None = None) -> bytes:
        """The next line, without its end.

        Raises: EOFError where the other end is closed, TooLongError, TimeoutError, OSError.
        """
        deadline = _deadline(seconds)
        pieces = [self._rest]
        while b"\n" not in pieces[-1]:
            if sum(map(len, pieces)) > LONGEST_LINE:
                raise TooLongError
            pieces.append(self._more(deadline))
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        return line

    def close(self) -> None:
        """This end is closed, which the other end notices."""
        self._end.close()

    def _more(self, deadline: float | None) -> bytes:
        if not (more := self._wait(partial(self._end.recv, _CHUNK), deadline)):
            raise EOFError
        return more

    def _wait(self, act: Callable[[], Got], deadline: float | None) -> Got:
        """What `act` gives, which waits for the other end; with a deadline never for long without looking up."""
        if deadline is None:
            self._end.settimeout(None)
            return act()
        while (left := deadline - time.monotonic()) > 0:
            self._end.settimeout(min(left, _LOOK_UP_SECONDS))
            with suppress(TimeoutError):
                return act()
        raise TimeoutError


def _deadline(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds
