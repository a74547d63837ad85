"""The rows of intake through PostgreSQL's driver alone, in a transaction of SQLAlchemy's."""

import psycopg

from ceremony.online.intake_rows import LastChange


class PostgresIntakeRows:
    """What intake needs of a transaction in which nobody else writes."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        """Bound to `connection`, which SQLAlchemy has."""
        self._driver = connection

    def bin_count(self) -> int:
        """How many bins there are, 0 before the first delivery."""
        return _number(self._one("SELECT coalesce(max(number) + 1, 0) FROM bins"))

    def last_change(self, path: str) -> LastChange | None:
        """The newest change request for this path, None if there never was one."""
        query = "SELECT number, key, fragment FROM changes WHERE path = %s ORDER BY number DESC LIMIT 1"
        row = self._one(query, path)
        if row is None:
            return None
        number, key, fragment = row
        return LastChange(_number((number,)), str(key), fragment if isinstance(fragment, bytes) else None)

    def standing(self, path: str, number: int) -> bytes | None:
        """The entry of this target in the bin of this number, None if it is not there."""
        row = self._one("SELECT fragment FROM targets WHERE bin = %s AND path = %s", number, path)
        return row[0] if row is not None and isinstance(row[0], bytes) else None

    def insert(self, key: str, path: str, fragment: bytes | None, received_at: str) -> int:
        """The number of a new change request."""
        query = "INSERT INTO changes (key, path, fragment, received_at) VALUES (%s, %s, %s, %s) RETURNING number"
        return _number(self._one(query, key, path, fragment, received_at))

    def _one(self, query: str, *values: object) -> tuple[object, ...] | None:
        # Binary, both ways: fragments would be twice as long in hexadecimal digits.
        cursor = self._driver.cursor(binary=True)
        return cursor.execute(query.encode(), values).fetchone()


def _number(row: tuple[object, ...] | None) -> int:
    return row[0] if row is not None and isinstance(row[0], int) else 0
