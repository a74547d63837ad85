"""What a store needs of the place where its rows are: one SQLite file, or a PostgreSQL that many machines share."""

import errno
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event

from ceremony.errors import StorageError, TamperedError
from ceremony.online.sqlite_file import BUSY_SECONDS, name_of, prepare, told

WRITES = "ceremony_writes"
"""The option of a connection whose transactions write: one at a time, whichever process they are in."""


class Database(Protocol):
    """One place, and what its driver's errors mean."""

    @property
    def name(self) -> str:
        """What errors call it; it holds no secret."""

    @property
    def is_shared(self) -> bool:
        """True when other machines may use it too."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What its driver raises."""

    @property
    def reading(self) -> Mapping[str, object]:
        """The options of a connection that sees everything as it is at one moment."""

    def engine(self) -> Engine:
        """Connections to it. Every commit of theirs is durable before it returns; readers see whole transactions.

        Raises: StorageError (ENOENT) if it is not there.
        """

    def told(self, error: BaseException | None) -> StorageError | TamperedError:
        """What an error of the driver means."""


class SqliteDatabase:
    """A database in one file, for one machine."""

    is_shared = False
    errors = (sqlite3.Error,)
    reading: Mapping[str, object] = MappingProxyType({})

    def __init__(self, path: Path) -> None:
        """The file need not be there yet."""
        self.path = path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def engine(self) -> Engine:
        """Connections to the file.

        Raises: StorageError (ENOENT) if it is not there.
        """
        if not self.path.is_file():
            raise StorageError(self.name, errno.errorcode[errno.ENOENT])
        place = URL.create("sqlite", database=name_of(self.path), query={"mode": "rw", "uri": "true"})
        engine = create_engine(place, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def told(self, error: BaseException | None) -> StorageError | TamperedError:
        """What an error of SQLite means."""
        return told(error, self.path)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions begin where we say so, not where the driver guesses: sqlite3 would leave DDL and reads outside.
    connection.isolation_level = None
    prepare(connection)


def _begin(connection: Connection) -> None:
    # A writer that began as a reader could find the database locked half-way, with nothing to do but to give up.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
