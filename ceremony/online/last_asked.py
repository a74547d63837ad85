"""Who asked last for what stands at a path, and when clients saw it: what somebody wants to know who investigates."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from ceremony.online.number_ranges import decode_numbers
from ceremony.online.tables import CHANGES, PUBLICATIONS, TASKS

_TASKS_AT_ONCE = 5_000
_NUMBERS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LastAsked:
    """The last change request of a path that was published; times are UTC texts as the database has them.

    `maker` is who asked over the API, and `task` the task; both are "" for a verb on this machine. `source` names an
    import that it came with. `fragment` is what was asked for, None for a removal.
    """

    received_at: str
    publication: int
    published_at: str
    fragment: bytes | None
    maker: str = ""
    task: str = ""
    source: str = ""


def last_asked(connection: Connection, numbers: Collection[int]) -> Mapping[int, LastAsked]:
    """By number, these change requests, all of which were published.

    Every task is looked at once, however many are asked for.
    """
    wanted = sorted(numbers)
    if not wanted:
        return {}
    makers = _makers(connection, wanted)
    rows = (row for start in range(0, len(wanted), _NUMBERS_AT_ONCE) for row in _rows(connection, wanted, start))
    return {row.number: _asked(row, makers) for row in rows}


def _rows(connection: Connection, wanted: Sequence[int], start: int) -> Iterator[Row[int, str, str, bytes, int, str]]:
    chunk = wanted[start : start + _NUMBERS_AT_ONCE]
    columns = (CHANGES.c.number, CHANGES.c.key, CHANGES.c.received_at, CHANGES.c.fragment, CHANGES.c.publication)
    query = select(*columns, PUBLICATIONS.c.at).join(PUBLICATIONS).where(CHANGES.c.number.in_(chunk))
    yield from connection.execute(query)


def _asked(row: Row[int, str, str, bytes, int, str], makers: Mapping[int, tuple[str, str, str]]) -> LastAsked:
    # What an import changed is noted under the import's own name.
    source = row.key if row.key.startswith("import ") else ""
    _, maker, task = makers.get(row.number, ("", "", ""))
    return LastAsked(row.received_at, row.publication, row.at, row.fragment, maker, task, source)


def _makers(connection: Connection, wanted: Sequence[int]) -> Mapping[int, tuple[str, str, str]]:
    """By number, who asked first for it: when, who, and by which task. Whoever repeats a request shares its number."""
    found: dict[int, tuple[str, str, str]] = {}
    query = select(TASKS.c.received_at, TASKS.c.maker, TASKS.c.id, TASKS.c.numbers)
    for row in connection.execute(query, execution_options={"yield_per": _TASKS_AT_ONCE}):
        for first, last in decode_numbers(row.numbers).ranges:
            start = bisect_left(wanted, first)
            while start < len(wanted) and wanted[start] <= last:
                told = (row.received_at, row.maker, row.id)
                found[wanted[start]] = min(told, found.get(wanted[start], told))
                start += 1
    return found
