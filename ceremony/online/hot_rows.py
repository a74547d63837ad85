"""The rows that every publication touches, read and written through SQLite's driver alone.

SQLAlchemy owns the tables and does everything else; here it would take longer than the database itself.
"""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from ceremony.core.plan import instant_text
from ceremony.online.bins import bin_of
from ceremony.online.editions import Publication
from ceremony.online.press_helper import Helping
from ceremony.online.sqlite_file import OpenedFile, connect, told
from ceremony.online.sqlite_rows import SqliteIntakeRows

_NEWEST = "SELECT number, is_published FROM publications ORDER BY number DESC LIMIT 1"
OTHER_WORK = """SELECT EXISTS (SELECT 1 FROM deliveries WHERE publication IS NULL AND refusal IS NULL)
    OR EXISTS (SELECT 1 FROM project_files WHERE publication IS NULL AND refusal IS NULL)
    OR EXISTS (SELECT 1 FROM projects WHERE is_leaving AND until IS NULL)
    OR EXISTS (SELECT 1 FROM imports WHERE after IS NOT NULL AND publication IS NULL)
    OR EXISTS (SELECT 1 FROM renewals WHERE publication IS NULL)"""
"""True when something else waits than changes of targets; PostgreSQL understands it too."""

_LAST_CHANGE = """SELECT coalesce(max(number), 0)
    FROM (SELECT number FROM changes WHERE publication IS NULL ORDER BY number LIMIT ?)"""
_RECORD = """INSERT INTO publications
    (number, at, snapshot_version, snapshot_expires, timestamp_version, timestamp_expires,
    snapshot_length, snapshot_sha256, is_published, fence)
    VALUES (?, ?, ?, ?, ?, ?, 0, '', 0, (SELECT number FROM lease))"""
_GONE = """SELECT DISTINCT bin_of(path, :count) FROM changes
    WHERE publication IS NULL AND number <= :last AND fragment IS NULL"""
_PUT = """INSERT OR REPLACE INTO targets (bin, path, fragment)
    SELECT bin_of(path, :count), path, fragment FROM changes
    WHERE publication IS NULL AND number <= :last AND fragment IS NOT NULL
    ORDER BY 1, 2, number RETURNING bin"""
_TAKE_AWAY = """DELETE FROM targets WHERE (bin, path) IN (
    SELECT bin_of(path, :count), path FROM changes AS gone
    WHERE publication IS NULL AND number <= :last AND fragment IS NULL AND NOT EXISTS (
        SELECT 1 FROM changes AS later WHERE later.path = gone.path AND later.number > gone.number
        AND later.publication IS NULL AND later.number <= :last))"""
_TAKEN = "UPDATE changes SET publication = :publication WHERE publication IS NULL AND number <= :last"
_RENEW = """UPDATE bins SET version = new.value ->> 1, expires = ?, publication = ?
    FROM json_each(?) AS new WHERE number = new.value ->> 0"""
_ENTRIES = """SELECT CAST(group_concat(fragment, ',') AS BLOB)
    FROM (SELECT fragment FROM targets WHERE bin = ? ORDER BY path)"""
_MARK = "UPDATE publications SET snapshot_length = ?, snapshot_sha256 = ?, is_published = 1 WHERE number = ?"


class HotRows:
    """A connection for one thread at a time, and a turn at writing that it shares with the others of this process."""

    def __init__(self, connection: sqlite3.Connection, file: OpenedFile, turn: threading.RLock) -> None:
        """Bound to `connection`, which nobody else uses."""
        self._connection = connection
        self._file = file
        self._turn = turn
        self.helping = Helping()
        """Who helps whoever writes here; it ends with this connection."""

    @property
    def database(self) -> Path:
        """The file of the database."""
        return self._file.path

    @property
    def intake(self) -> SqliteIntakeRows:
        """The rows of change requests, in the transaction that is open here."""
        return SqliteIntakeRows(self._connection)

    @property
    def written(self) -> int:
        """How many rows were written here, ever: as many pages of the log, about."""
        return self._connection.total_changes

    def close(self) -> None:
        """The connection is closed, and nobody helps any more."""
        self.helping.close()
        self._connection.close()

    def is_last(self, publication: int) -> bool:
        """True when this is the newest publication, and it is out.

        Raises: StorageError; TamperedError.
        """
        return self._one(_NEWEST) == (publication, 1)

    def has_other_work(self) -> bool:
        """True when something else waits than changes of targets.

        Raises: StorageError; TamperedError.
        """
        return bool(self._one(OTHER_WORK)[0])

    def last_change(self, most: int) -> int:
        """The number of the last of the first so many changes that wait, 0 if none does.

        Raises: StorageError; TamperedError.
        """
        return self._one(_LAST_CHANGE, most)[0]

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Inside is one transaction, and nobody else of this process writes; what is not committed there is undone.

        Raises: StorageError; TamperedError.
        """
        with self._turn, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def commit(self) -> None:
        """The transaction is durable; any thread may ask for it, while nobody else uses the connection.

        Raises: StorageError (ENOENT) while the database is not where it was opened; TamperedError.
        """
        self._file.check()
        with self._told():
            self._connection.execute("COMMIT")

    def record(self, publication: Publication) -> None:
        """The intent has its row; what comes with it is to follow in the same transaction.

        Raises: StorageError; TamperedError.
        """
        row = (
            publication.number,
            instant_text(publication.at),
            publication.snapshot.version,
            instant_text(publication.snapshot.expires),
            publication.timestamp.version,
            instant_text(publication.timestamp.expires),
        )
        with self._told():
            self._connection.execute(_RECORD, row)

    def take(self, last: int, publication: int, count: int) -> set[int]:
        """The numbers of the bins, of `count`, that change as all that waits up to change `last` is taken in."""
        values = {"last": last, "count": count, "publication": publication}
        with self._told():
            gone = {number for (number,) in self._connection.execute(_GONE, values)}
            touched = {number for (number,) in self._connection.execute(_PUT, values)}
            if gone:
                self._connection.execute(_TAKE_AWAY, values)
            self._connection.execute(_TAKEN, values)
        return gone | touched

    def renew(self, bins: Iterable[tuple[int, int]], expires: datetime, publication: int) -> None:
        """These bins, as (number, version), come with this publication, until `expires`.

        Raises: StorageError; TamperedError.
        """
        new = json.dumps([*bins])
        with self._told():
            self._connection.execute(_RENEW, (instant_text(expires), publication, new))

    def entries(self, number: int) -> bytes:
        """The entries of this bin, in order of path, with commas between them.

        Raises: StorageError; TamperedError.
        """
        try:
            # Joined there: each step of a statement lets other threads go first, and a bin has hundreds of entries.
            found: bytes | None = self._connection.execute(_ENTRIES, (number,)).fetchone()[0]
        except sqlite3.Error as error:
            raise told(error, self._file.path) from error
        return found or b""

    def mark_published(self, publication: int, snapshot_length: int, snapshot_sha256: str) -> None:
        """This publication is out; whoever comes after a power cut may find that it is, and that this was not noted.

        Raises: StorageError; TamperedError.
        """
        with self._turn, self._told():
            self._connection.execute("PRAGMA synchronous=NORMAL")
            try:
                self._connection.execute(_MARK, (snapshot_length, snapshot_sha256, publication))
            finally:
                self._connection.execute("PRAGMA synchronous=FULL")

    def _one(self, query: str, *values: int) -> tuple[int, ...]:
        with self._told():
            found: tuple[int, ...] = self._connection.execute(query, values).fetchone()
        return found or ()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise told(error, self._file.path) from error


def move_log(database: Path) -> None:
    """What the write-ahead log holds is in the database, as far as nobody reads an older state.

    Raises: StorageError; TamperedError.
    """
    try:
        with contextlib.closing(connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error as error:
        raise told(error, database) from error


def open_hot_rows(file: OpenedFile, turn: threading.RLock) -> HotRows:
    """A connection of its own to the database in `file`.

    Raises: StorageError; TamperedError.
    """
    try:
        connection = connect(file.path)
    except sqlite3.Error as error:
        raise told(error, file.path) from error
    connection.create_function("bin_of", 2, bin_of, deterministic=True)
    return HotRows(connection, file, turn)
