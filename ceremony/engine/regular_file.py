"""Reading one file that somebody else may have put there: a regular file, of no more bytes than it may have."""

import errno
import os
import stat
from pathlib import Path

from ceremony.engine.disk import named
from ceremony.errors import TamperedError

# A pipe would keep whoever opens it waiting, and what follows a link would be read from elsewhere.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_NO_FILE = {errno.ELOOP, errno.ENXIO}
"""How the system refuses to open a link, and a socket or a device that is not there."""


def read_regular(
    path: Path, limit: int, *, folder: int | None = None, where: str = "", has_one_name: bool = False
) -> bytes:
    """All bytes of the file at `path`, read once, into memory; `limit` is how many it may have.

    No link is followed, and nothing is waited for. With `folder`, the descriptor of an open one, `path` is a name in
    it. `where` names the file in errors. With `has_one_name` no file is read that has a second name on its disk.
    Raises: TamperedError for a link, a special file, or too many bytes; StorageError.
    """
    told = where or path.name
    with named(Path(where) if where else path):
        try:
            descriptor = os.open(path, _FLAGS, dir_fd=folder)
        except OSError as error:
            if error.errno in _NO_FILE:
                raise TamperedError("a link or a special file", told) from error
            raise
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode) or (has_one_name and about.st_nlink != 1):
                raise TamperedError("a link or a special file", told)
            data = _read(descriptor, limit + 1)
        finally:
            os.close(descriptor)
    if len(data) > limit:
        raise TamperedError(f"larger than {limit} bytes", told)
    return data


def _read(descriptor: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return bytes(data)
