"""A signer that has outgrown its machine: every row of its file goes into a database that several machines share.

The file is sealed afterwards: whatever still has it open, and has not heard of the move, is refused every change, so
that nothing is acknowledged where nobody would publish it.
"""

import contextlib
import errno
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, insert, select, text

from ceremony.errors import Problem, SettingsError, StorageError, TamperedError
from ceremony.online.database import Database
from ceremony.online.database_file import name_database
from ceremony.online.home import Home
from ceremony.online.postgresql import parse_url
from ceremony.online.schema import Schema, mark_arrival, migrate, schema_of
from ceremony.online.store import Store, open_store
from ceremony.online.tables import METADATA, SIGNER

_ROWS_AT_ONCE = 5_000
_ACTS = ("INSERT", "UPDATE", "DELETE")
_SEAL = "moved_away"

Watch = Callable[[int, int], None]
"""Told how many rows of how many are copied."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a signer's rows are now, and how many there are."""

    name: str
    rows: int


def move(home: Home, store: Store, url: str, watch: Watch) -> Moved:
    """The signer of this home has its rows in the PostgreSQL at `url`; the file takes no changes any more.

    Cut short at any moment, the same again finishes it: until the file is sealed, the signer works as before, and what
    has arrived is thrown away; from then on all of it is there. Nobody works with the database before it is whole.
    Raises: SettingsError for another kind of URL, or a signer that has moved; StorageError (EBUSY while a process
    publishes, EEXIST if the database is a signer's); TamperedError if what arrived is not what was sent.
    """
    target = parse_url(url, "--to")
    if store.database.is_shared:
        problem = Problem("url", store.database.name, "a signer whose rows are in HOME/signer.db")
        raise SettingsError(str(home.database_file), (problem,))
    with home.writing(), contextlib.closing(open_store(target)) as there:
        # From here on nobody else writes into the file: what is copied is all of it.
        with store.writing() as source:
            if not _is_sealed(source):
                _copy(source, there, target, watch)
                _seal(source)
        rows = _arrive(store, there)
        name_database(home, url)
    return Moved(target.name, rows)


def _copy(source: Connection, there: Store, target: Database, watch: Watch) -> None:
    total, done = sum(_count(source, table) for table in METADATA.sorted_tables), 0
    with there.writing() as into:
        _clear(source, into, target.name)
        for table in METADATA.sorted_tables:
            found = source.execute(select(table), execution_options={"yield_per": _ROWS_AT_ONCE})
            for rows in found.mappings().partitions():
                into.execute(insert(table), [dict(row) for row in rows])
                done += len(rows)
                watch(done, total)
            _go_on_counting(into, table)
        _refuse_difference(source, into, target.name)


def _clear(source: Connection, into: Connection, name: str) -> None:
    """The database has empty tables, and is marked as one into which a signer moves."""
    found = schema_of(into, name)
    if found is Schema.ABSENT:
        migrate(into)
    elif found is not Schema.ARRIVING or _signer(source) != _signer(into):
        raise StorageError(name, errno.errorcode[errno.EEXIST])
    mark_arrival(into, is_under_way=True)
    # The row of the lease, too: the file's own comes, since numbers of leases never begin anew.
    into.exec_driver_sql(f"TRUNCATE {', '.join(METADATA.tables)}")


def _signer(connection: Connection) -> bytes:
    """The public key of whose database it is."""
    found: bytes = connection.execute(select(SIGNER.c.key_file)).scalar_one()
    return found


def _arrive(store: Store, there: Store) -> int:
    """How many rows there are on either side, where a signer may work with them now."""
    name = there.database.name
    with store.reading() as source, there.writing() as into:
        if schema_of(into, name) not in {Schema.ARRIVING, Schema.CURRENT}:
            raise StorageError(name, errno.errorcode[errno.ENOENT])
        rows = _refuse_difference(source, into, name)
        mark_arrival(into, is_under_way=False)
    return rows


def _refuse_difference(source: Connection, into: Connection, name: str) -> int:
    """How many rows there are on either side."""
    for table in METADATA.sorted_tables:
        sent, arrived = _count(source, table), _count(into, table)
        if sent != arrived:
            raise TamperedError(f"{arrived} rows of {sent} in {table.name}", name)
    return sum(_count(source, table) for table in METADATA.sorted_tables)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _go_on_counting(into: Connection, table: Table) -> None:
    """The next row that the database numbers by itself comes after those that came with a number."""
    for column in table.primary_key.columns:
        sequence = into.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
        if sequence is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            into.execute(select(func.setval(sequence, highest, False)))  # noqa: FBT003  # the function's own


def _is_sealed(source: Connection) -> bool:
    found = text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE :name")
    return bool(source.execute(found, {"name": f"{_SEAL}%"}).scalar_one())


def _seal(source: Connection) -> None:
    for table in METADATA.sorted_tables:
        for act in _ACTS:
            source.exec_driver_sql(
                f"CREATE TRIGGER {_SEAL}_{table.name}_{act.lower()} BEFORE {act} ON {table.name} "
                "BEGIN SELECT RAISE(ABORT, 'this signer has moved to another database'); END"
            )
