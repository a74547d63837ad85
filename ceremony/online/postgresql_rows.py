"""The rows of intake through PostgreSQL's driver alone, in a transaction of SQLAlchemy's: many in one round trip."""

from collections.abc import Mapping, Sequence

import psycopg

from ceremony.online.intake_rows import LastChange, NewChange, TaskRow

_LAST = """SELECT DISTINCT ON (path) path, number, key, fragment FROM changes
    WHERE path = ANY(%s) ORDER BY path, number DESC"""
_NUMBERS = """SELECT nextval(pg_get_serial_sequence('changes', 'number')) FROM generate_series(1, %s)"""
_INSERT = """INSERT INTO changes (number, key, path, fragment, received_at)
    SELECT number, key, path, fragment, %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bytea[]) AS new (number, key, path, fragment)"""
_INSERT_TASKS = """INSERT INTO tasks (id, kind, maker, received_at, key, digest, numbers, note)
    SELECT *, '' FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"""


class PostgresIntakeRows:
    """What intake needs of a transaction in which nobody else writes."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        """Bound to `connection`, which SQLAlchemy has."""
        self._driver = connection

    def bin_count(self) -> int:
        """How many bins there are, 0 before the first delivery."""
        return _number(self._one("SELECT coalesce(max(number) + 1, 0) FROM bins"))

    def last_changes(self, paths: Sequence[str]) -> Mapping[str, LastChange]:
        """By path, the newest change request for each of these paths for which there was one."""
        return {str(path): _last(number, key, entry) for path, number, key, entry in self._all(_LAST, [*paths])}

    def standing(self, path: str, number: int) -> bytes | None:
        """The entry of this target in the bin of this number, None if it is not there."""
        row = self._one("SELECT fragment FROM targets WHERE bin = %s AND path = %s", number, path)
        return row[0] if row is not None and isinstance(row[0], bytes) else None

    def insert(self, changes: Sequence[NewChange], received_at: str) -> Sequence[int]:
        """The numbers of so many new change requests, in their order."""
        numbers = sorted(_number(row) for row in self._all(_NUMBERS, len(changes)))
        keys, paths, fragments = ([*column] for column in zip(*changes, strict=True))
        self._run(_INSERT, received_at, numbers, keys, paths, fragments)
        return numbers

    def has_held(self) -> bool:
        """True when some change request is held."""
        return self._one("SELECT 1 FROM held LIMIT 1") is not None

    def holds(self, path: str) -> bool:
        """True when some change request for this path is held."""
        return self._one("SELECT 1 FROM held WHERE path = %s LIMIT 1", path) is not None

    def has_task(self, maker: str, key: str) -> bool:
        """True when this maker asked for something under this key before."""
        return self._one("SELECT 1 FROM tasks WHERE maker = %s AND key = %s", maker, key) is not None

    def insert_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """There are so many tasks more."""
        self._run(_INSERT_TASKS, *([*column] for column in zip(*tasks, strict=True)))

    def _one(self, query: str, *values: object) -> tuple[object, ...] | None:
        return self._run(query, *values).fetchone()

    def _all(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self._run(query, *values).fetchall()

    def _run(self, query: str, *values: object) -> "psycopg.Cursor[tuple[object, ...]]":
        # Binary, both ways: fragments would be twice as long in hexadecimal digits.
        return self._driver.cursor(binary=True).execute(query.encode(), values)


def _number(row: tuple[object, ...] | None) -> int:
    return row[0] if row is not None and isinstance(row[0], int) else 0


def _last(number: object, key: object, fragment: object) -> LastChange:
    return LastChange(_number((number,)), str(key), fragment if isinstance(fragment, bytes) else None)
