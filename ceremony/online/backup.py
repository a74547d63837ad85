"""A copy of the signer's database as it is at one moment, taken while it serves, and judged before it counts.

It names the online keys and holds none: a copy of a key is worth as much as the key.
"""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ceremony.engine.disk import create_file, named, sync_folder
from ceremony.errors import StorageError, TamperedError
from ceremony.online.next_key import spare_keys
from ceremony.online.sqlite_file import told
from ceremony.online.store import Store, open_store

_PAGES = 4_096
_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite may have of one database, by the end of its name."""

Watch = Callable[[int, int], None]
"""Told how many pages of how many are copied."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a copy holds: its newest publication and timestamp, 0 before the first; and the keys that it only names."""

    publication: int
    timestamp: int
    key_uris: tuple[str, ...]


def back_up(database: Path, file: Path, watch: Watch) -> Backup:
    """A new file, its owner's alone, holds the whole database of one moment; an existing file is never touched.

    Raises: StorageError; TamperedError if what was copied cannot be used.
    """
    refuse_existing(file)
    with copied(database, file, watch) as beside:
        refuse_damaged(beside)
        with contextlib.closing(open_store(beside)) as store:
            return contents(store)


@contextlib.contextmanager
def copied(source: Path, target: Path, watch: Watch) -> Iterator[Path]:
    """A copy of the database `source`, to be worked on inside; when the block ends well, it is `target`, durably.

    Raises: StorageError (EEXIST if somebody has made a file of this name meanwhile); TamperedError.
    """
    beside = target.with_name(f".{target.name}.new")
    with named(target.parent):
        # Else the error would name a file that nobody has asked for.
        target.parent.stat()
    _clear(beside)
    try:
        create_file(beside, b"")
        _copy(source, beside, watch)
        yield beside
        _settle(beside)
        with named(target):
            # A link, not a renaming: that would write over what somebody has just made.
            os.link(beside, target)
            sync_folder(target.parent)
    finally:
        with contextlib.suppress(StorageError):
            _clear(beside)


def refuse_existing(file: Path) -> None:
    """Nothing, if there is no such database, nor anything that SQLite could take for a part of it.

    Raises: StorageError (EEXIST).
    """
    for each in _parts(file):
        if each.exists() or each.is_symlink():
            raise StorageError(str(each), errno.errorcode[errno.EEXIST])


def refuse_damaged(file: Path) -> None:
    """Nothing, if every page of this database is whole.

    Raises: StorageError; TamperedError.
    """
    with _opened(file) as connection:
        faults = [text for (text,) in connection.execute("PRAGMA integrity_check(1)")]
    if faults != ["ok"]:
        raise TamperedError("a damaged database", str(file))


def contents(store: Store) -> Backup:
    """What this database holds.

    Raises: StorageError; TamperedError if it is none of a signer.
    """
    identity, last = store.identity(), store.last_publication()
    uris = (identity.key_uri, *(each.uri for each in spare_keys(store).values()))
    numbers = (0, 0) if last is None else (last.number, last.timestamp.version)
    return Backup(*numbers, uris)


def _copy(source: Path, target: Path, watch: Watch) -> None:
    with named(source):
        # SQLite would make an empty database of a name that is not there.
        source.stat()
    with _opened(source) as here, _opened(target) as there:
        # In one reading transaction: what is written meanwhile is not in the copy, and does not make it begin anew.
        here.execute("BEGIN")
        here.execute("SELECT count(*) FROM sqlite_master").fetchone()
        here.backup(there, pages=_PAGES, progress=lambda _state, left, total: watch(total - left, total))


def _settle(file: Path) -> None:
    """All of it is in the one file, durably."""
    with _opened(file) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    with named(file), file.open("rb") as found:
        os.fsync(found.fileno())


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise told(error, file) from error


def _clear(file: Path) -> None:
    for each in _parts(file):
        with named(each):
            each.unlink(missing_ok=True)


def _parts(file: Path) -> Iterator[Path]:
    return (file.with_name(f"{file.name}{end}") for end in _BESIDE)
