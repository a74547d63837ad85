"""The rows of intake through SQLite's driver alone, and many in one statement.

Each step of a statement lets other threads of this process go first; where they are busy, that takes longer than the
step itself. So what is to be written comes as one text of JSON, which SQLite takes apart by itself.
"""

import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from ceremony.online.intake_rows import LastChange, NewChange, TaskRow

_LAST = """SELECT c.path, c.number, c.key, c.fragment FROM json_each(?) AS wanted CROSS JOIN changes AS c
    WHERE c.number = (SELECT max(number) FROM changes WHERE path = wanted.value)"""
_INSERT = """INSERT INTO changes (number, key, path, fragment, received_at)
    SELECT ? + new.key, new.value ->> 0, new.value ->> 1, CAST(new.value ->> 2 AS BLOB), ? FROM json_each(?) AS new"""
_INSERT_TASKS = """INSERT INTO tasks (id, kind, maker, received_at, key, digest, numbers, note)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ''
    FROM json_each(?)"""


class SqliteIntakeRows:
    """What intake needs of a transaction that somebody else began and will commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Bound to `connection`."""
        self._connection = connection

    def bin_count(self) -> int:
        """How many bins there are, 0 before the first delivery."""
        # Bins are numbered without a gap: this looks at one of them, not at all.
        return self._number("SELECT coalesce(max(number) + 1, 0) FROM bins")

    def last_changes(self, paths: Sequence[str]) -> Mapping[str, LastChange]:
        """By path, the newest change request for each of these paths for which there was one."""
        rows = self._connection.execute(_LAST, (msgspec.json.encode(paths).decode(),))
        return {path: LastChange(number, key, fragment) for path, number, key, fragment in rows}

    def standing(self, path: str, number: int) -> bytes | None:
        """The entry of this target in the bin of this number, None if it is not there."""
        query = "SELECT fragment FROM targets WHERE bin = ? AND path = ?"
        row = self._connection.execute(query, (number, path)).fetchone()
        return None if row is None else row[0]

    def insert(self, changes: Sequence[NewChange], received_at: str) -> Sequence[int]:
        """The numbers of so many new change requests, in their order."""
        first = self._number("SELECT coalesce(max(number), 0) + 1 FROM changes")
        rows = [(key, path, None if entry is None else entry.decode()) for key, path, entry in changes]
        self._connection.execute(_INSERT, (first, received_at, msgspec.json.encode(rows).decode()))
        return range(first, first + len(rows))

    def has_held(self) -> bool:
        """True when some change request is held."""
        return bool(self._number("SELECT EXISTS (SELECT 1 FROM held)"))

    def holds(self, path: str) -> bool:
        """True when some change request for this path is held."""
        return bool(self._number("SELECT EXISTS (SELECT 1 FROM held WHERE path = ?)", path))

    def has_task(self, maker: str, key: str) -> bool:
        """True when this maker asked for something under this key before."""
        return bool(self._number("SELECT EXISTS (SELECT 1 FROM tasks WHERE maker = ? AND key = ?)", maker, key))

    def insert_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """There are so many tasks more."""
        rows = [tuple(each) for each in tasks]
        self._connection.execute(_INSERT_TASKS, (msgspec.json.encode(rows).decode(),))

    def _number(self, query: str, *values: str) -> int:
        (found,) = self._connection.execute(query, values).fetchone()
        return int(found)
