"""Online roles that somebody wants signed anew before their time: asked for durably, heeded by the writer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ceremony.core.plan import instant_text
from ceremony.online.store import Store
from ceremony.online.tables import RENEWALS

BINS, SNAPSHOT, TIMESTAMP = "bins", "snapshot", "timestamp"
RENEWABLE = (BINS, SNAPSHOT, TIMESTAMP)
"""What can be asked for, in the words of Repository Service for TUF: `bins` are every bin-n."""


def ask_renewal(connection: Connection, roles: Iterable[str], now: datetime) -> int:
    """The number of a durable wish that these roles be signed anew with the next publication."""
    row = {"roles": " ".join(roles), "received_at": instant_text(now)}
    number: int = connection.execute(insert(RENEWALS).values(row).returning(RENEWALS.c.number)).scalar_one()
    return number


@dataclass(frozen=True, slots=True)
class Wishes:
    """What waits to be signed anew, asked for by wishes up to number `last`, which is 0 if there are none."""

    last: int = 0
    roles: frozenset[str] = frozenset()


def wanted_anew(connection: Connection) -> Wishes:
    """Every wish that waits."""
    rows = connection.execute(select(RENEWALS.c.number, RENEWALS.c.roles).where(RENEWALS.c.publication.is_(None))).all()
    roles = frozenset(role for row in rows for role in row.roles.split())
    return Wishes(max((row.number for row in rows), default=0), roles)


def waits_anew(store: Store) -> bool:
    """True while some role waits to be signed anew.

    Raises: StorageError.
    """
    with store.reading() as connection:
        return wanted_anew(connection).last > 0


def record_renewal(connection: Connection, wishes: Wishes, publication: int) -> None:
    """These wishes are heeded by this publication; what was wished since waits for the next."""
    waiting = update(RENEWALS).where(RENEWALS.c.publication.is_(None), RENEWALS.c.number <= wishes.last)
    connection.execute(waiting.values(publication=publication))
