"""The database file as SQLite's driver sees it: how every connection is set up, and its errors in words of ours."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ceremony.errors import StorageError, TamperedError

BUSY_SECONDS = 30
CHECKPOINT_BYTES = 16 * 2**20
"""From this length on the writer moves the write-ahead log into the database."""

_PAGE_BYTES = 8192
_CACHE_KIB = 16_384
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
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    # The writer moves the log into the database beside its work; nobody else should have to stop for it.
    connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")


def connect(path: Path) -> sqlite3.Connection:
    """A connection of the driver's own, for any thread, but for one at a time."""
    connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
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


def told(error: BaseException | None, path: Path) -> StorageError | TamperedError:
    """What an error of the driver means."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return TamperedError("no database, or a damaged one", str(path))
    found = next((reason for start, reason in _REASONS.items() if name.startswith(start)), name or str(error))
    return StorageError(str(path), _told_by_disk(path, found) if found in _VAGUE else found)


def _told_by_disk(path: Path, reason: str) -> str:
    """SQLite says the same of a disk that fails, is full, or can only be read; the disk itself says which it is."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return reason
    if disk.f_flag & os.ST_RDONLY:
        return "EROFS"
    return reason if disk.f_bavail or not disk.f_blocks else "ENOSPC"
