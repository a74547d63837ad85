"""Imports as the writer takes them: so many targets in one publication, everything asked for before them first."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Integer, Join, Select, insert, literal, literal_column, select, update

from ceremony.core.plan import instant_text
from ceremony.online.editions import Publication
from ceremony.online.import_source import PLACE_BITS, PLACES
from ceremony.online.store import Store
from ceremony.online.tables import CHANGES, IMPORT_ROWS, IMPORTS, TARGETS

TOGETHER = 2_000_000
"""About so many targets become one publication at most: meanwhile nobody else can write to the database."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The targets of an import from place `first` on, up to `end`; `bins` are those that they change, by number.

    Change requests up to number `after` come before them.
    """

    number: int
    first: int
    end: int
    after: int
    bins: frozenset[int] = frozenset()


def waits_to_be_taken(store: Store) -> bool:
    """True when an import has been read to its end and is not published.

    Raises: StorageError.
    """
    with store.reading() as connection:
        return connection.execute(_ready().limit(1)).first() is not None


def next_portion(store: Store, count: int) -> Portion | None:
    """What is to be published next of imports, into `count` bins; None if nothing is. Only the writer asks.

    What changes nothing, because it is published already, is passed over.
    Raises: StorageError.
    """
    while (found := _portion(store)) is not None:
        with store.reading() as connection:
            query = select(_bin(count)).select_from(_with_targets(count)).where(*_own(found), _differs())
            bins = frozenset(connection.execute(query.distinct()).scalars())
        if bins:
            return Portion(found.number, found.first, found.end, found.after, bins)
        last = store.last_publication()
        with store.writing() as connection:
            _pass(connection, found, 0 if last is None else last.number)
    return None


def record_portion(connection: Connection, portion: Portion, count: int, publication: Publication) -> None:
    """The targets of the portion are in their bins, of `count`, and wait no longer."""
    # Whoever looks whether an import waits loads this room, and needs no dialect for it.
    from sqlalchemy.dialects import postgresql, sqlite  # noqa: PLC0415

    _note_as_changes(connection, portion, count, publication)
    bins = _bin(count)
    rows = select(bins, IMPORT_ROWS.c.path, IMPORT_ROWS.c.fragment).where(*_own(portion))
    rows = rows.order_by(bins, IMPORT_ROWS.c.path)
    is_sqlite = connection.dialect.name == "sqlite"
    put = (sqlite if is_sqlite else postgresql).insert(TARGETS)
    # SQLite takes one row after another; PostgreSQL takes none twice.
    rows = rows if is_sqlite else rows.ext(postgresql.distinct_on(bins, IMPORT_ROWS.c.path))
    new = put.from_select(["bin", "path", "fragment"], rows, include_defaults=False)
    changed = TARGETS.c.fragment.is_distinct_from(new.excluded.fragment)
    keys = [TARGETS.c.bin, TARGETS.c.path]
    connection.execute(
        new.on_conflict_do_update(index_elements=keys, set_={"fragment": new.excluded.fragment}, where=changed)
    )
    _pass(connection, portion, publication.number)


def bin_at(place: ColumnElement[int], count: int) -> ColumnElement[int]:
    """The number of the bin, of `count`, that this place is in."""
    # A plain number in the text: PostgreSQL shifts by small ones alone, and has to see twice that it is the same.
    bits = literal_column(f"{PLACE_BITS - (count - 1).bit_length():d}", Integer)
    return place.bitwise_rshift(bits)


def _portion(store: Store) -> Portion | None:
    with store.reading() as connection:
        row = connection.execute(_ready().order_by(IMPORTS.c.number).limit(1)).first()
    if row is None:
        return None
    parts = 1 << max(0, (row.targets - 1) // TOGETHER).bit_length()
    return Portion(row.number, row.next_place, row.next_place + PLACES // parts, row.after)


def _ready() -> Select[int, int, int, int]:
    columns = (IMPORTS.c.number, IMPORTS.c.next_place, IMPORTS.c.targets, IMPORTS.c.after)
    return select(*columns).where(IMPORTS.c.after.is_not(None), IMPORTS.c.publication.is_(None))


def _pass(connection: Connection, portion: Portion, publication: int) -> None:
    values = {"next_place": portion.end} | ({"publication": publication} if portion.end == PLACES else {})
    connection.execute(update(IMPORTS).where(IMPORTS.c.number == portion.number).values(values))


def _note_as_changes(connection: Connection, portion: Portion, count: int, publication: Publication) -> None:
    """Whoever asks next for one of these paths hears of the import, not of what had been asked before it."""
    earlier = select(CHANGES.c.number).where(CHANGES.c.path == IMPORT_ROWS.c.path)
    if connection.execute(select(CHANGES.c.number).limit(1)).first() is None:
        return
    rows = (
        select(
            literal(f"import {portion.number}"),
            IMPORT_ROWS.c.path,
            IMPORT_ROWS.c.fragment,
            literal(instant_text(publication.at)),
            literal(publication.number),
        )
        .select_from(_with_targets(count))
        .where(*_own(portion), _differs(), earlier.exists())
        # What was asked for later comes after the import, and stays the last word.
        .where(~earlier.where(CHANGES.c.number > portion.after).exists())
        .order_by(IMPORT_ROWS.c.number)
    )
    columns = ["key", "path", "fragment", "received_at", "publication"]
    connection.execute(insert(CHANGES).from_select(columns, rows, include_defaults=False))


def _with_targets(count: int) -> Join:
    is_there = (TARGETS.c.bin == _bin(count)) & (TARGETS.c.path == IMPORT_ROWS.c.path)
    return IMPORT_ROWS.outerjoin(TARGETS, is_there)


def _own(portion: Portion) -> tuple[ColumnElement[bool], ...]:
    place = IMPORT_ROWS.c.place
    return (IMPORT_ROWS.c.import_number == portion.number, place >= portion.first, place < portion.end)


def _differs() -> ColumnElement[bool]:
    return TARGETS.c.fragment.is_distinct_from(IMPORT_ROWS.c.fragment)


def _bin(count: int) -> ColumnElement[int]:
    return bin_at(IMPORT_ROWS.c.place, count)
