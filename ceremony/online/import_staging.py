"""Rows of imports, through the database's own driver: SQLAlchemy takes ten times as long for a million of them."""

import sqlite3
from collections.abc import Sequence

from sqlalchemy import Connection

from ceremony.online.import_source import ImportRow

_COLUMNS = "import_number, place, path, fragment, line"


def stage(connection: Connection, number: int, rows: Sequence[ImportRow]) -> None:
    """These rows belong to the import of this number, once the caller's transaction is durable."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        # A whole number of ours, and what differs from row to row is bound.
        driver.executemany(f"INSERT INTO import_rows ({_COLUMNS}) VALUES ({number:d}, ?, ?, ?, ?)", rows)  # noqa: S608
        return
    # A signer on one machine needs no driver for PostgreSQL, and may not have one.
    import psycopg  # noqa: PLC0415

    if not isinstance(driver, psycopg.Connection):
        raise TypeError(driver)
    with driver.cursor() as cursor, cursor.copy(f"COPY import_rows ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((number, *row))
