"""Imports in the database: what was read of each is durable with the mark after it, and not published yet."""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, func, insert, select, true, update

from ceremony.core.plan import instant_text
from ceremony.core.request_rules import REQUEST_RULES, RequestCase
from ceremony.errors import StorageError
from ceremony.online.import_source import START, ImportRow, Mark
from ceremony.online.import_staging import stage
from ceremony.online.store import Store
from ceremony.online.tables import BINS, CHANGES, IMPORT_ROWS, IMPORTS, PUBLICATIONS


@dataclass(frozen=True, slots=True)
class Import:
    """An import under way. `refused_bytes` is how long the list of refused lines was at the mark."""

    number: int
    mark: Mark = START
    targets: int = 0
    refused: int = 0
    refused_bytes: int = 0

    def after(self, rows: int, refused: int, refused_bytes: int, mark: Mark) -> "Import":
        """The same, with so many rows and refused lines more."""
        return Import(self.number, mark, self.targets + rows, self.refused + refused, refused_bytes)


def begin_import(store: Store, source: str, now: datetime) -> Import:
    """The import of this source that was broken off, or a new one.

    Raises: RefusedError (DELIVERED-FIRST); StorageError.
    """
    check_delivered(store)
    query = select(IMPORTS).where(IMPORTS.c.source == source, IMPORTS.c.after.is_(None)).order_by(IMPORTS.c.number)
    with store.writing() as connection:
        found = connection.execute(query.limit(1)).first()
        if found is not None:
            return _import(found)
        row = {
            "source": source,
            "position": 0,
            "line": 0,
            "digest": START.digest,
            "targets": 0,
            "refused": 0,
            "refused_bytes": 0,
            "received_at": instant_text(now),
            "next_place": 0,
        }
        number: int = connection.execute(insert(IMPORTS).values(row).returning(IMPORTS.c.number)).scalar_one()
    return Import(number)


def check_delivered(store: Store) -> None:
    """Nothing, if there are bins.

    Raises: RefusedError (DELIVERED-FIRST); StorageError.
    """
    with store.reading() as connection:
        has_bins = connection.execute(select(BINS.c.number).limit(1)).first() is not None
    # What an import of one target would be asked.
    REQUEST_RULES.check(RequestCase("", b"", None, (), has_bins))


def forget_imports(store: Store, source: str) -> None:
    """Nothing is known any more of imports of this source that were broken off.

    Raises: StorageError.
    """
    begun = select(IMPORTS.c.number).where(IMPORTS.c.source == source, IMPORTS.c.after.is_(None))
    with store.writing() as connection:
        numbers = [*connection.execute(begun).scalars()]
        _delete_rows(connection, numbers)
        connection.execute(delete(IMPORTS).where(IMPORTS.c.number.in_(numbers)))


def add_rows(store: Store, before: Import, after: Import, rows: Sequence[ImportRow]) -> None:
    """What was read between the two is durable.

    Raises: StorageError (EBUSY if somebody else reads the same source).
    """
    with store.writing() as connection:
        values: dict[str, int | str] = {
            "position": after.mark.position,
            "line": after.mark.line,
            "digest": after.mark.digest,
            "targets": after.targets,
            "refused": after.refused,
            "refused_bytes": after.refused_bytes,
        }
        _move(store, connection, before, values)
        if rows:
            stage(connection, before.number, rows)


def end_import(store: Store, found: Import) -> None:
    """Everything was read: the writer publishes it, after whatever was asked for before.

    Raises: RefusedError (PATH-ONCE) if it has two entries for one path; StorageError.
    """
    with store.reading() as connection:
        check_once(connection, IMPORT_ROWS, IMPORT_ROWS.c.import_number == found.number)
    last = select(func.coalesce(func.max(CHANGES.c.number), 0))
    with store.writing() as connection:
        _move(store, connection, found, {"after": connection.execute(last).scalar_one()})


def check_once(connection: Connection, rows: Table, own: ColumnElement[bool] | None = None) -> None:
    """Nothing, if no path has two different entries among these rows, or among its `own`.

    Raises: RefusedError (PATH-ONCE).
    """
    own = true() if own is None else own
    path = connection.execute(_contradicted(rows, own)).scalar_one_or_none()
    if path is None:
        return
    query = select(rows.c.path, rows.c.fragment).where(own, rows.c.path == path)
    entries = tuple((row.path, row.fragment) for row in connection.execute(query))
    REQUEST_RULES.check(RequestCase(path, entries[0][1], None, entries, has_delivery=True))


def is_imported(store: Store, number: int) -> bool:
    """True when clients can see everything that was imported.

    Raises: StorageError.
    """
    query = (
        select(PUBLICATIONS.c.is_published).select_from(IMPORTS.join(PUBLICATIONS)).where(IMPORTS.c.number == number)
    )
    with store.reading() as connection:
        return bool(connection.execute(query).scalar())


def sweep_imports(store: Store) -> None:
    """Of imports that are published, their rows are gone: the targets themselves are kept.

    Raises: StorageError.
    """
    done = select(IMPORTS.c.number).where(IMPORTS.c.publication.is_not(None))
    with store.writing() as connection:
        _delete_rows(connection, [*connection.execute(done).scalars()])


def _delete_rows(connection: Connection, imports: Sequence[int]) -> None:
    others = select(IMPORTS.c.number).where(IMPORTS.c.number.not_in(imports), IMPORTS.c.publication.is_(None))
    # Without a condition, a database forgets a million rows at once.
    is_all = connection.execute(others.limit(1)).first() is None
    every = delete(IMPORT_ROWS)
    connection.execute(every if is_all else every.where(IMPORT_ROWS.c.import_number.in_(imports)))


def _move(store: Store, connection: Connection, found: Import, values: dict[str, int | str]) -> None:
    there = IMPORTS.c.number == found.number, IMPORTS.c.position == found.mark.position, IMPORTS.c.after.is_(None)
    if connection.execute(update(IMPORTS).where(*there).values(values)).rowcount != 1:
        raise StorageError(str(store.path), errno.errorcode[errno.EBUSY])


def _contradicted(rows: Table, own: ColumnElement[bool]) -> Select[str]:
    """A path among these with two different entries."""
    # Places are small and nearly always differ: only those that do not are looked at whole.
    several = select(rows.c.place).where(own).group_by(rows.c.place).having(func.count() > 1)
    found = select(rows.c.path).where(own, rows.c.place.in_(several)).group_by(rows.c.path)
    fragments = func.count(rows.c.fragment.distinct())
    return found.having(fragments > 1).order_by(rows.c.path).limit(1)


def _import(row: Row[int]) -> Import:
    mark = Mark(row.position, row.line, row.digest)
    return Import(row.number, mark, row.targets, row.refused, row.refused_bytes)
