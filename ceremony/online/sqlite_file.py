"""The database file as SQLite's driver sees it: how every connection is set up, and its errors in words of ours."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from ceremony.errors import StorageError, TamperedError

BUSY_SECONDS = 30
_PAGE_BYTES = 8192
_LOG_PAGES = 16_384
"""So long may the write-ahead log become where no writer looks after it."""

_REASONS = {
    "SQLITE_FULL": "ENOSPC",
    "SQLITE_READONLY": "EROFS",
    "SQLITE_BUSY": "EBUSY",
    "SQLITE_IOERR": "EIO",
    "SQLITE_CANTOPEN": "EACCES",
    "SQLITE_PERM": "EACCES",
}

_VAGUE = ("EIO", "EACCES")


def prepare(connection: sqlite3.Connection) -> None:
    """Every commit of this connection is on the disk before it returns."""
    # Of a new database alone: an older one keeps the pages that it has.
    connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # The writer moves the log into the database beside its work; nobody else should have to stop for it.
    connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")


def name_of(path: Path) -> str:
    """The file as SQLite's URIs name it: with these, and the mode `rw`, it makes no empty one where it finds none."""
    return f"file:{quote(os.fsencode(path))}"


def connect(path: Path) -> sqlite3.Connection:
    """A connection of the driver's own, for any thread, but for one at a time."""
    place = f"{name_of(path)}?mode=rw"
    connection = sqlite3.connect(place, BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
    prepare(connection)
    return connection


@contextlib.contextmanager
def committing(connection: sqlite3.Connection) -> Iterator[None]:
    """What the block changes is durable when it ends, or undone if it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class OpenedFile:
    """A file that is open by its name: SQLite goes on with one that was moved away or deleted, and says nothing."""

    def __init__(self, path: Path) -> None:
        """It is the one that is there at the first look."""
        self.path = path
        self._found: tuple[int, int] | None = None

    def check(self) -> None:
        """Nothing, while it has its name.

        Raises: StorageError (ENOENT) while no file has the name; TamperedError as soon as another one has it.
        """
        try:
            there = self.path.stat()
        except OSError as error:
            raise StorageError(str(self.path), errno.errorcode.get(error.errno or 0, type(error).__name__)) from error
        if self._found is None:
            self._found = there.st_dev, there.st_ino
        if self._found != (there.st_dev, there.st_ino):
            raise TamperedError("another file than the one that this process has open", str(self.path))


def told(error: BaseException | None, path: Path) -> StorageError | TamperedError:
    """What an error of the driver means."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return TamperedError("no database, or a damaged one", str(path))
    found = next((reason for start, reason in _REASONS.items() if name.startswith(start)), name or str(error))
    return StorageError(str(path), _told_by_disk(path, found) if found in _VAGUE else found)


def _told_by_disk(path: Path, reason: str) -> str:
    """SQLite says the same of a disk that fails, is full, or is away; the disk itself says which it is."""
    if not path.exists():
        return "ENOENT"
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return reason
    if disk.f_flag & os.ST_RDONLY:
        return "EROFS"
    return reason if disk.f_bavail or not disk.f_blocks else "ENOSPC"
