"""The line between us and a module's process: one socket, one line of JSON for each request and each answer."""

import socket
import time

LONGEST_LINE = 32 * 2**20
"""How many bytes a line can have; the largest metadata file that anybody signs is a tenth of that."""
_CHUNK = 65536


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
        self._end.settimeout(seconds)
        self._end.sendall(line + b"\n")

    def receive(self, seconds: float | None = None) -> bytes:
        """The next line, without its end.

        Raises: EOFError where the other end is closed, TooLongError, TimeoutError, OSError.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
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
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._end.settimeout(left)
        else:
            self._end.settimeout(None)
        if not (more := self._end.recv(_CHUNK)):
            raise EOFError
        return more
