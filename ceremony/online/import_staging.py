"""Rows as they were read, through the database's own driver: SQLAlchemy takes ten times as long for a million."""

import sqlite3
from collections.abc import Sequence

from sqlalchemy import Connection

from ceremony.online.import_source import ImportRow

_COLUMNS = "place, path, fragment, line"


def stage(connection: Connection, number: int, rows: Sequence[ImportRow]) -> None:
    """These rows belong to the import of this number, once the caller's transaction is durable."""
    _fill(connection, f"import_rows ({_COLUMNS}, import_number)", rows, (number,))


def stage_apart(connection: Connection, table: str, rows: Sequence[ImportRow]) -> None:
    """These rows are in `table`, which has columns for them and none for an import."""
    _fill(connection, f"{table} ({_COLUMNS})", rows, ())


def _fill(connection: Connection, into: str, rows: Sequence[ImportRow], more: tuple[int, ...]) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        # Names and whole numbers of ours; what differs from row to row is bound.
        values = ", ".join(["?"] * len(ImportRow._fields) + [f"{each:d}" for each in more])
        driver.executemany(f"INSERT INTO {into} VALUES ({values})", rows)  # noqa: S608
        return
    # A signer on one machine needs no driver for PostgreSQL, and may not have one.
    import psycopg  # noqa: PLC0415

    if not isinstance(driver, psycopg.Connection):
        raise TypeError(driver)
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*row, *more))
