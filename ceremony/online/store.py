"""The signer's memory: one database, every commit on the disk before anybody hears of it."""

import contextlib
import errno
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, tuple_, update
from sqlalchemy.exc import DBAPIError

from ceremony.core.delivery_case import Receiver
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.online_key import OnlineKeyFile, decode_online_key
from ceremony.core.tree import Tree, tree_of
from ceremony.errors import StorageError, TamperedError
from ceremony.online.database import WRITES, Database
from ceremony.online.database_file import database_at
from ceremony.online.editions import Edition, Publication
from ceremony.online.hot_rows import HotRows, open_hot_rows
from ceremony.online.intake_driver import rows_of
from ceremony.online.intake_rows import IntakeRows
from ceremony.online.lease import Hold, renew
from ceremony.online.sqlite_file import OpenedFile, committing, connect
from ceremony.online.sqlite_rows import SqliteIntakeRows
from ceremony.online.tables import BINS, FORMAT, OFFLINE_FILES, PUBLICATIONS, SIGNER, TARGETS

_BINS_AT_ONCE = 64
FIRST_PUBLICATION = 1
"""The one that published the first delivery."""


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


class Store:
    """An open database. Readers see whole transactions; one writes at a time, whichever process it is in."""

    def __init__(self, database: Database) -> None:
        """An open `database`.

        Raises: StorageError (ENOENT) if it is a file that is not there.
        """
        self._engine = database.engine()
        self._database = database
        self._hold: Hold | None = None
        self.has_lost = False
        self._rows: HotRows | None = None
        self._entrance: sqlite3.Connection | None = None
        self._turn = threading.RLock()
        self._file = None if database.is_shared else OpenedFile(self.path)

    @property
    def path(self) -> Path:
        """The database file."""
        return Path(self._database.name)

    @property
    def database(self) -> Database:
        """Where the rows are."""
        return self._database

    @property
    def hold(self) -> Hold | None:
        """The lease under which this process publishes, None while it does not."""
        return self._hold

    @hold.setter
    def hold(self, hold: Hold | None) -> None:
        """From now on what is done `leading` is done under this lease, or under none."""
        self._hold = hold

    def close(self) -> None:
        """No connection is left open."""
        if self._rows is not None:
            self._rows.close()
            self._rows = None
        if self._entrance is not None:
            self._entrance.close()
            self._entrance = None
        self._engine.dispose()

    def hot_rows(self) -> HotRows:
        """The writer's own connection, by which it reads and writes what every publication touches.

        Raises: StorageError.
        """
        if self._rows is None:
            self._rows = open_hot_rows(self._file or OpenedFile(self.path), self._turn)
        return self._rows

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the database as it is at this moment.

        Raises: StorageError.
        """
        snapshot = self._engine.execution_options(**self._database.reading)
        with self._named(), snapshot.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are durable when the block ends, all of them or, if it raises, none.

        Raises: StorageError.
        """
        self.check_file()
        connecting = self._engine.execution_options(**{WRITES: True}).begin()
        # Within one process writers queue up here: SQLite would let them sleep and ask again.
        with self._turn, self._named(), connecting as connection:
            yield connection

    @contextlib.contextmanager
    def leading(self) -> Iterator[Connection]:
        """The same for whoever publishes: nobody has taken the lease since, nor does before it is durable.

        Raises: StorageError (ESTALE if another process publishes now).
        """
        with self.writing() as connection:
            renew(connection, self._hold, self._database)
            yield connection
            renew(connection, self._hold, self._database)

    def check_lease(self) -> None:
        """Nothing, while nobody is known to have taken the lease from this process.

        Raises: StorageError (ESTALE).
        """
        if self.has_lost:
            raise StorageError(self._database.name, errno.errorcode[errno.ESTALE])

    def check_file(self) -> None:
        """Nothing, while the database is where it was opened: what is written elsewhere nobody finds after a restart.

        Raises: StorageError (ENOENT) while its file is gone; TamperedError where another has taken its place.
        """
        if self._file is not None:
            self._file.check()

    @contextlib.contextmanager
    def touching(self) -> Iterator[Connection]:
        """A connection for one statement, which need not wait for its turn; it is durable when the block ends.

        Raises: StorageError.
        """
        with self._named(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def entering(self) -> Iterator[IntakeRows]:
        """The rows of intake; what is changed is durable when the block ends, all of it or, if it raises, nothing.

        Raises: StorageError.
        """
        if self._database.is_shared:
            with self.writing() as connection:
                yield rows_of(connection)
            return
        self.check_file()
        with self._turn, self._named():
            if self._entrance is None:
                self._entrance = connect(self.path)
            with committing(self._entrance):
                yield SqliteIntakeRows(self._entrance)

    def identity(self) -> Identity:
        """Who this signer is.

        Raises: StorageError; TamperedError if the database is of another format.
        """
        with self.reading() as connection:
            row = connection.execute(select(SIGNER)).one_or_none()
        if row is None or row.format != FORMAT:
            raise TamperedError("not the database of an initialised signer of this version", self._database.name)
        return Identity(decode_online_key(row.key_file, self._database.name), row.key_uri, row.is_rehearsal)

    def trusted_roots(self) -> tuple[MetadataFile, ...]:
        """Every trusted root, by version; empty before the first delivery."""
        query = select(OFFLINE_FILES).where(OFFLINE_FILES.c.role == "root").order_by(OFFLINE_FILES.c.version)
        with self.reading() as connection:
            return tuple(
                decode_metadata_file(row.data, row.role, self._database.name) for row in connection.execute(query)
            )

    def tree(self) -> Tree:
        """What is trusted and holds, root and all that it leads to; without files before the first delivery."""
        newest = select(OFFLINE_FILES.c.role, func.max(OFFLINE_FILES.c.version)).group_by(OFFLINE_FILES.c.role)
        query = select(OFFLINE_FILES).where(tuple_(OFFLINE_FILES.c.role, OFFLINE_FILES.c.version).in_(newest))
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return tree_of(decode_metadata_file(row.data, row.role, self._database.name) for row in rows)

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
        return tuple(decode_metadata_file(row.data, row.role, self._database.name) for row in rows)

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
        with self.leading() as connection:
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
            raise self._database.told(error.orig) from error
        except self._database.errors as error:
            raise self._database.told(error) from error


def open_store(place: Path | Database) -> Store:
    """The database, whatever its tables are; `place` may be a SQLite file.

    Raises: StorageError (ENOENT) if it is a file that is not there.
    """
    return Store(database_at(place))


def instant_of(text: str) -> datetime:
    """The moment that `plan.instant_text` wrote."""
    return datetime.fromisoformat(text)
