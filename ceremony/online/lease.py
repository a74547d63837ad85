"""The lease: whoever holds it publishes, and nobody else. Its number tells a new holder from one that comes back.

A process that stood still, or whose network did, cannot know that another took over meanwhile. So each holder has a
higher number than the one before; a publication is recorded, and a file shelved, only under the highest one so far.
"""

import errno
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Double, case, literal, literal_column, select, update

from ceremony.errors import StorageError
from ceremony.online.database import Database
from ceremony.online.tables import LEASE

LEASE_SECONDS = 6
"""So long nobody else may publish after the last word of a holder that has died."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The lease in somebody's hands: `holder` says whose, for people; `number` is higher than any before."""

    holder: str
    number: int


def is_free(connection: Connection, database: Database) -> bool:
    """True when nobody holds the lease at this moment: then it is worth asking for."""
    return connection.execute(select(LEASE.c.until <= _now(database))).scalar_one()


def take_lease(connection: Connection, holder: str, least: int, database: Database) -> Hold | None:
    """The lease for this holder, with a number above `least`; None while another holds it.

    In a database of one machine its lock of files says who may ask, so that there nobody else holds it.
    """
    highest = case((LEASE.c.number < least, least), else_=LEASE.c.number)
    taken = update(LEASE).where(LEASE.c.until <= _now(database)).returning(LEASE.c.number)
    values = {"holder": holder, "number": highest + 1, "until": _until(database)}
    found = connection.execute(taken.values(values)).scalar_one_or_none()
    return None if found is None else Hold(holder, found)


def renew(connection: Connection, hold: Hold | None, database: Database) -> None:
    """Nobody else may publish for as long as a lease lasts, nor take it before the caller's transaction has ended.

    Without a hold there is nothing to renew: tests, and what needs no lease, publish so.
    Raises: StorageError (ESTALE) if another process has taken it.
    """
    if hold is None:
        return
    mine = update(LEASE).where(LEASE.c.number == hold.number).values(until=_until(database))
    if connection.execute(mine).rowcount != 1:
        raise StorageError(database.name, errno.errorcode[errno.ESTALE])


def release(connection: Connection, hold: Hold) -> None:
    """Another may take it at once, if nobody has."""
    connection.execute(update(LEASE).where(LEASE.c.number == hold.number).values(holder="", until=0))


def read_lease(connection: Connection) -> Hold:
    """Who holds the lease, or held it last; `holder` is empty after one who has given it back."""
    row = connection.execute(select(LEASE)).one()
    return Hold(row.holder, row.number)


def _now(database: Database) -> ColumnElement[float]:
    # By one clock, which is the database's: those of the machines need not agree.
    return literal_column("extract(epoch FROM clock_timestamp())", Double) if database.is_shared else literal(0.0)


def _until(database: Database) -> ColumnElement[float]:
    return _now(database) + LEASE_SECONDS if database.is_shared else literal(0.0)
