"""A record and what differs from it, in tables that are one connection's alone: nobody else sees them, none stays.

So nothing is written into the signer's own tables, and whatever kills a comparison leaves nothing behind.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    case,
    func,
    insert,
    literal_column,
    null,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from ceremony.online.import_source import ImportRow
from ceremony.online.import_staging import stage_apart
from ceremony.online.import_taking import bin_at
from ceremony.online.tables import CHANGES, TARGETS

_OWN = MetaData()

_RECORD = Table(
    "compare_record",
    _OWN,
    Column("place", BigInteger, nullable=False),
    Column("path", TARGETS.c.path.type, nullable=False),
    Column("fragment", LargeBinary, nullable=False),
    Column("line", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)

DIFFERENCES = Table(
    "compare_differences",
    _OWN,
    Column("number", CHANGES.c.number.type, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("path", TARGETS.c.path.type, nullable=False),
    Column("bin", Integer),
    Column("wanted", LargeBinary),
    Column("found", LargeBinary),
    Column("line", BigInteger),
    Column("change", BigInteger),
    prefixes=["TEMPORARY"],
)
"""Each path that differs: its entry in the record and here, its line in the record, and the bin in which it is here.

`change` is the last change request for it that was published."""


class Kind(StrEnum):
    """How a path differs: other entries, here alone, in the record alone.

    One that is in the record alone is `elsewhere` when clients do not ask bins for it.
    """

    CHANGED = "changed"
    ADDED = "added"
    MISSING = "missing"
    ELSEWHERE = "elsewhere"


def begin(connection: Connection) -> None:
    """There are tables, with nothing in them."""
    for table in (_RECORD, DIFFERENCES):
        connection.execute(CreateTable(table))


def put(connection: Connection, rows: Sequence[ImportRow]) -> None:
    """These are of the record, too."""
    stage_apart(connection, _RECORD.name, rows)


def record_table() -> Table:
    """Where the record is."""
    return _RECORD


def find(connection: Connection, count: int) -> None:
    """What differs between the record and the targets in `count` bins is known, in order of path."""
    by_bin = Index("compare_record_by_bin", bin_at(_RECORD.c.place, count), _RECORD.c.path)
    connection.execute(CreateIndex(by_bin))
    _RECORD.indexes.discard(by_bin)
    # Nobody else would tell a planner how much there is.
    connection.execute(text(f"ANALYZE {_RECORD.name}"))
    names = ["kind", "path", "bin", "wanted", "found", "line", "change"]
    for query in (_other(count), _added(count)):
        connection.execute(insert(DIFFERENCES).from_select(names, query, include_defaults=False))


def move_elsewhere(connection: Connection, paths: Sequence[str]) -> None:
    """These, which are in the record alone, are elsewhere."""
    there = DIFFERENCES.c.kind == Kind.MISSING.value, DIFFERENCES.c.path.in_(paths)
    connection.execute(update(DIFFERENCES).where(*there).values(kind=Kind.ELSEWHERE.value))


def counts(connection: Connection) -> dict[Kind, int]:
    """How many differ, in each way."""
    query = select(DIFFERENCES.c.kind, func.count()).group_by(DIFFERENCES.c.kind)
    found = {str(kind): number for kind, number in connection.execute(query)}
    return {kind: found.get(kind.value, 0) for kind in Kind}


def _other(count: int) -> Select[str, str, int, bytes, bytes, int, int]:
    """Paths of the record whose entries are others here, or not here at all."""
    places = bin_at(_RECORD.c.place, count)
    is_there = (TARGETS.c.bin == places) & (TARGETS.c.path == _RECORD.c.path)
    # The same line may stand there twice.
    earlier = _RECORD.alias()
    is_again = select(earlier.c.line).where(
        bin_at(earlier.c.place, count) == places, earlier.c.path == _RECORD.c.path, earlier.c.line < _RECORD.c.line
    )
    kind = case((TARGETS.c.fragment.is_(None), _word(Kind.MISSING)), else_=_word(Kind.CHANGED))
    path = _RECORD.c.path
    return (
        select(kind, path, TARGETS.c.bin, _RECORD.c.fragment, TARGETS.c.fragment, _RECORD.c.line, _last_change(path))
        .select_from(_RECORD.outerjoin(TARGETS, is_there))
        .where(TARGETS.c.fragment.is_distinct_from(_RECORD.c.fragment), ~is_again.exists())
        .order_by(path)
    )


def _added(count: int) -> Select[str, str, int, bytes, bytes, int, int]:
    """Paths that are here alone; one that is in another bin than its own is among them."""
    path = TARGETS.c.path
    is_there = (bin_at(_RECORD.c.place, count) == TARGETS.c.bin) & (_RECORD.c.path == path)
    columns = (_word(Kind.ADDED), path, TARGETS.c.bin, null(), TARGETS.c.fragment, null(), _last_change(path))
    found = select(*columns).select_from(TARGETS.outerjoin(_RECORD, is_there))
    return found.where(_RECORD.c.path.is_(None)).order_by(path, TARGETS.c.bin)


def _last_change(path: ColumnElement[str]) -> ColumnElement[int]:
    published = select(func.max(CHANGES.c.number)).where(CHANGES.c.path == path, CHANGES.c.publication.is_not(None))
    return published.scalar_subquery()


def _word(kind: Kind) -> ColumnElement[str]:
    return literal_column(f"'{kind.value}'", Text)
