"""The signer's memory: one SQLite database, every commit on the disk before anybody hears of it."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select, tuple_, update
from sqlalchemy.exc import DBAPIError

from ceremony.core.delivery_case import Receiver
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.online_key import OnlineKeyFile, decode_online_key, encode_online_key
from ceremony.core.tree import Tree, tree_of
from ceremony.engine.disk import create_file, named, sync_folder
from ceremony.errors import StorageError, TamperedError
from ceremony.online.tables import BINS, FORMAT, METADATA, OFFLINE_FILES, PUBLICATIONS, SIGNER, TARGETS

_WRITES = "ceremony_writes"
_BUSY_SECONDS = 30
_BINS_AT_ONCE = 64
FIRST_PUBLICATION = 1
"""The one that published the first delivery."""

_REASONS = {
    "SQLITE_FULL": "ENOSPC",
    "SQLITE_READONLY": "EROFS",
    "SQLITE_BUSY": "EBUSY",
    "SQLITE_IOERR": "EIO",
    "SQLITE_CANTOPEN": "EACCES",
    "SQLITE_PERM": "EACCES",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this signer is: the key it signs with, where the private half is, and whether it rehearses."""

    key_file: OnlineKeyFile
    key_uri: str
    is_rehearsal: bool

    @property
    def receiver(self) -> Receiver:
        """What deliveries are judged by."""
        return Receiver(self.key_file.repository, self.is_rehearsal, self.key_file.key.keyid())


@dataclass(frozen=True, slots=True)
class Edition:
    """One role at one version, until `expires` (UTC)."""

    version: int
    expires: datetime

    def next(self, expires: datetime) -> "Edition":
        """The edition after this one."""
        return Edition(self.version + 1, expires)


@dataclass(frozen=True, slots=True)
class Publication:
    """One timestamp and the snapshot under it; length and hash of the snapshot's file are empty until it is out."""

    number: int
    at: datetime
    snapshot: Edition
    timestamp: Edition
    snapshot_length: int = 0
    snapshot_sha256: str = ""
    is_published: bool = False


class Store:
    """An open database. Readers see whole transactions; one writes at a time, whichever process it is in."""

    def __init__(self, engine: Engine, path: Path) -> None:
        """Bound to `engine`, whose file is `path`."""
        self._engine = engine
        self._path = path

    def close(self) -> None:
        """No connection is left open."""
        self._engine.dispose()

    def complete(self) -> None:
        """The database has every table, also where an earlier version of this program made it.

        Raises: StorageError; TamperedError if it is no database of a signer.
        """
        self.identity()
        with self.reading() as connection:
            there = {*inspect(connection).get_table_names()}
        if not {*METADATA.tables} <= there:
            with self.writing() as connection:
                METADATA.create_all(connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the database as it is at this moment.

        Raises: StorageError.
        """
        with self._named(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are durable when the block ends, all of them or, if it raises, none.

        Raises: StorageError.
        """
        connecting = self._engine.execution_options(**{_WRITES: True}).begin()
        with self._named(), connecting as connection:
            yield connection

    def identity(self) -> Identity:
        """Who this signer is.

        Raises: StorageError; TamperedError if the database is of another format.
        """
        with self.reading() as connection:
            row = connection.execute(select(SIGNER)).one_or_none()
        if row is None or row.format != FORMAT:
            raise TamperedError("not the database of an initialised signer of this version", str(self._path))
        return Identity(decode_online_key(row.key_file, str(self._path)), row.key_uri, row.is_rehearsal)

    def trusted_roots(self) -> tuple[MetadataFile, ...]:
        """Every trusted root, by version; empty before the first delivery."""
        query = select(OFFLINE_FILES).where(OFFLINE_FILES.c.role == "root").order_by(OFFLINE_FILES.c.version)
        with self.reading() as connection:
            return tuple(decode_metadata_file(row.data, row.role, str(self._path)) for row in connection.execute(query))

    def tree(self) -> Tree:
        """What is trusted and holds, root and all that it leads to; without files before the first delivery."""
        newest = select(OFFLINE_FILES.c.role, func.max(OFFLINE_FILES.c.version)).group_by(OFFLINE_FILES.c.role)
        query = select(OFFLINE_FILES).where(tuple_(OFFLINE_FILES.c.role, OFFLINE_FILES.c.version).in_(newest))
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return tree_of(decode_metadata_file(row.data, row.role, str(self._path)) for row in rows)

    def trusted(self) -> dict[str, MetadataFile]:
        """The newest trusted targets and what it delegates to offline, by role; empty before the first delivery."""
        return {role: file for role, file in self.tree().files.items() if role != "root"}

    def last_publication(self) -> Publication | None:
        """The newest publication, published or not."""
        query = select(PUBLICATIONS).order_by(PUBLICATIONS.c.number.desc()).limit(1)
        with self.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Publication(
            row.number,
            instant_of(row.at),
            Edition(row.snapshot_version, instant_of(row.snapshot_expires)),
            Edition(row.timestamp_version, instant_of(row.timestamp_expires)),
            row.snapshot_length,
            row.snapshot_sha256,
            row.is_published,
        )

    def bins(self) -> tuple[Edition, ...]:
        """Every bin, by number."""
        query = select(BINS.c.version, BINS.c.expires).order_by(BINS.c.number)
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Edition(version, instant_of(expires)) for version, expires in rows)

    def bins_of(self, publication: int) -> tuple[int, ...]:
        """The numbers of the bins whose newest version came with this publication, in order."""
        query = select(BINS.c.number).where(BINS.c.publication == publication).order_by(BINS.c.number)
        with self.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def offline_files_of(self, publication: int) -> tuple[MetadataFile, ...]:
        """The files of keyholders that came with this publication, by role and version."""
        query = (
            select(OFFLINE_FILES)
            .where(OFFLINE_FILES.c.publication == publication)
            .order_by(OFFLINE_FILES.c.role, OFFLINE_FILES.c.version)
        )
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(decode_metadata_file(row.data, row.role, str(self._path)) for row in rows)

    def fragments(self, numbers: Sequence[int]) -> Iterator[tuple[int, list[bytes]]]:
        """The entries of each of these bins, in order of path; bins in the order in which they are asked for."""
        for start in range(0, len(numbers), _BINS_AT_ONCE):
            chunk = numbers[start : start + _BINS_AT_ONCE]
            found: dict[int, list[bytes]] = {number: [] for number in chunk}
            query = select(TARGETS.c.bin, TARGETS.c.fragment).where(TARGETS.c.bin.in_(chunk))
            with self.reading() as connection:
                for row in connection.execute(query.order_by(TARGETS.c.bin, TARGETS.c.path)):
                    found[row.bin].append(row.fragment)
            yield from found.items()

    def target_count(self) -> int:
        """How many targets there are in all bins."""
        with self.reading() as connection:
            return connection.execute(select(func.count()).select_from(TARGETS)).scalar_one()

    def mark_published(self, publication: int, snapshot_length: int, snapshot_sha256: str) -> None:
        """This publication is out, and its snapshot's file is as long and has the hash that is said here."""
        with self.writing() as connection:
            connection.execute(
                update(PUBLICATIONS)
                .where(PUBLICATIONS.c.number == publication)
                .values(snapshot_length=snapshot_length, snapshot_sha256=snapshot_sha256, is_published=True)
            )

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _told(error, str(self._path)) from error


def _told(error: DBAPIError, path: str) -> StorageError | TamperedError:
    name = getattr(error.orig, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return TamperedError("no database, or a damaged one", path)
    found = next((reason for start, reason in _REASONS.items() if name.startswith(start)), name or str(error.orig))
    return StorageError(path, found)


def create_store(path: Path, identity: Identity) -> None:
    """A new database at `path` that knows who its signer is; an existing one is never touched.

    Raises: StorageError.
    """
    if path.exists():
        raise StorageError(str(path), errno.errorcode[errno.EEXIST])
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    create_file(beside, b"")
    _fill(beside, identity)
    with named(path):
        beside.rename(path)
        sync_folder(path.parent)


def _fill(path: Path, identity: Identity) -> None:
    store = Store(_engine(path), path)
    with contextlib.closing(store), store.writing() as connection:
        METADATA.create_all(connection)
        connection.execute(
            insert(SIGNER).values(
                id=1,
                format=FORMAT,
                is_rehearsal=identity.is_rehearsal,
                key_uri=identity.key_uri,
                key_file=encode_online_key(identity.key_file),
            )
        )


def open_store(path: Path) -> Store:
    """The database at `path`.

    Raises: StorageError (ENOENT) if there is none.
    """
    if not path.is_file():
        raise StorageError(str(path), errno.errorcode[errno.ENOENT])
    return Store(_engine(path), path)


def instant_of(text: str) -> datetime:
    """The moment that `plan.instant_text` wrote."""
    return datetime.fromisoformat(text)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions begin where we say so, not where the driver guesses: sqlite3 would leave DDL and reads outside.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    # A writer that began as a reader could find the database locked half-way, with nothing to do but to give up.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
