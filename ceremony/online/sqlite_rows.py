"""The rows of intake through SQLite's driver alone: thousands of them in a second."""

import sqlite3

from ceremony.online.intake_rows import LastChange

_LAST = "SELECT number, key, fragment FROM changes WHERE path = ? ORDER BY number DESC LIMIT 1"
_INSERT = "INSERT INTO changes (key, path, fragment, received_at) VALUES (?, ?, ?, ?)"


class SqliteIntakeRows:
    """What intake needs of a transaction that somebody else began and will commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Bound to `connection`."""
        self._connection = connection

    def bin_count(self) -> int:
        """How many bins there are, 0 before the first delivery."""
        # Bins are numbered without a gap: this looks at one of them, not at all.
        (found,) = self._connection.execute("SELECT coalesce(max(number) + 1, 0) FROM bins").fetchone()
        return int(found)

    def last_change(self, path: str) -> LastChange | None:
        """The newest change request for this path, None if there never was one."""
        row = self._connection.execute(_LAST, (path,)).fetchone()
        return None if row is None else LastChange(*row)

    def standing(self, path: str, number: int) -> bytes | None:
        """The entry of this target in the bin of this number, None if it is not there."""
        query = "SELECT fragment FROM targets WHERE bin = ? AND path = ?"
        row = self._connection.execute(query, (number, path)).fetchone()
        return None if row is None else row[0]

    def insert(self, key: str, path: str, fragment: bytes | None, received_at: str) -> int:
        """The number of a new change request."""
        number = self._connection.execute(_INSERT, (key, path, fragment, received_at)).lastrowid
        return number or 0
