"""Online roles that somebody wants signed anew before their time: asked for durably, heeded by the writer."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ceremony.core.plan import instant_text
from ceremony.online.tables import RENEWALS

RENEWABLE = ("bins", "snapshot", "timestamp")
"""What can be asked for, in the words of Repository Service for TUF: `bins` are every bin-n."""


def ask_renewal(connection: Connection, roles: Iterable[str], now: datetime) -> int:
    """The number of a durable wish that these roles be signed anew with the next publication."""
    row = {"roles": " ".join(roles), "received_at": instant_text(now)}
    number: int = connection.execute(insert(RENEWALS).values(row).returning(RENEWALS.c.number)).scalar_one()
    return number


def wanted_anew(connection: Connection) -> frozenset[str]:
    """The roles that wait to be signed anew."""
    rows = connection.execute(select(RENEWALS.c.roles).where(RENEWALS.c.publication.is_(None))).scalars()
    return frozenset(role for roles in rows for role in roles.split())


def record_renewal(connection: Connection, publication: int) -> None:
    """Every wish that waited is heeded by this publication."""
    waiting = update(RENEWALS).where(RENEWALS.c.publication.is_(None))
    connection.execute(waiting.values(publication=publication))
