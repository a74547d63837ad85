"""The number that stands on a shelf in a folder: whoever comes with a lower one may not change what is published."""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ceremony.engine.disk import named
from ceremony.errors import StorageError

_MODE = 0o600
_DIGITS = 20
_WAIT_SECONDS = 5.0
_STEP_SECONDS = 0.02


class Fence:
    """A file with the highest number of a lease under which anybody has published here.

    It is locked while files get their names. Nobody gets between the look at the number and the new name then: a
    machine that stands still there holds everybody up, but when it goes on nothing goes backwards. The kernel, or the
    file server, lets go of the lock of one that has died.
    """

    def __init__(self, path: Path) -> None:
        """The file need not exist yet; its folder does."""
        self._path = path

    def read(self) -> int:
        """The number, 0 if nobody has come with one.

        Raises: StorageError.
        """
        with named(self._path):
            try:
                return _number(self._path.read_bytes())
            except FileNotFoundError:
                return 0

    def raise_to(self, number: int) -> None:
        """Nobody with a lower number passes from now on.

        Raises: StorageError (ESTALE if this is the lower one; EBUSY).
        """
        with self._locked() as descriptor:
            self._check(descriptor, number)
            with named(self._path):
                os.pwrite(descriptor, f"{number:0{_DIGITS}d}\n".encode(), 0)
                os.fsync(descriptor)

    @contextlib.contextmanager
    def passing(self, number: int) -> Iterator[None]:
        """Inside, nobody with a higher number has come, nor can come.

        Raises: StorageError (ESTALE if one has; EBUSY).
        """
        with self._locked() as descriptor:
            self._check(descriptor, number)
            yield

    def _check(self, descriptor: int, number: int) -> None:
        with named(self._path):
            highest = _number(os.pread(descriptor, _DIGITS + 1, 0))
        if highest > number:
            raise StorageError(str(self._path), errno.errorcode[errno.ESTALE])

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        with named(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            with named(self._path):
                _lock(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from None
            time.sleep(_STEP_SECONDS)
        else:
            return


def _number(data: bytes) -> int:
    text = data.strip()
    return int(text) if text.isdigit() else 0
