"""Past SQLAlchemy to the driver below it: the rows of intake in a transaction that is open."""

import sqlite3

from sqlalchemy import Connection

from ceremony.online.intake_rows import IntakeRows
from ceremony.online.sqlite_rows import SqliteIntakeRows


def rows_of(connection: Connection) -> IntakeRows:
    """The rows of intake in the transaction of `connection`."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        return SqliteIntakeRows(driver)
    # A signer on one machine needs no driver for PostgreSQL, and may not have one.
    import psycopg  # noqa: PLC0415

    from ceremony.online.postgresql_rows import PostgresIntakeRows  # noqa: PLC0415

    if not isinstance(driver, psycopg.Connection):
        raise TypeError(driver)
    return PostgresIntakeRows(driver)
