"""Deliveries in the database: what waits for the writer, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, insert, select, update

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.plan import instant_text
from ceremony.core.strict_json import Json
from ceremony.errors import RefusedError
from ceremony.online.refusal import raise_refusal, refusal_text
from ceremony.online.store import Store
from ceremony.online.tables import DELIVERIES, PUBLICATIONS


@dataclass(frozen=True, slots=True)
class Delivery:
    """A release as it came: its files, those that it says it follows, and the words that a person typed.

    `number` is 0 until it waits to be taken in.
    """

    files: tuple[MetadataFile, ...]
    followed: tuple[MetadataFile, ...]
    fingerprint: str
    purpose: str = "release"
    number: int = 0


def record_delivery(connection: Connection, delivery: Delivery, now: datetime) -> int:
    """The number of a delivery that was verified: it waits for the writer once the caller's transaction is durable.

    One that waits already waits once.
    """
    files = _encode(delivery)
    row = {
        "digest": sha256(files).hexdigest(),
        "files": files,
        "fingerprint": delivery.fingerprint,
        "received_at": instant_text(now),
    }
    waiting = select(DELIVERIES.c.number).where(
        DELIVERIES.c.digest == row["digest"], DELIVERIES.c.publication.is_(None), DELIVERIES.c.refusal.is_(None)
    )
    number: int | None = connection.execute(waiting).scalar()
    if number is None:
        number = connection.execute(insert(DELIVERIES).values(row).returning(DELIVERIES.c.number)).scalar_one()
    return number


def waiting_delivery(store: Store) -> Delivery | None:
    """The delivery that has waited longest, if any waits."""
    query = select(DELIVERIES).where(DELIVERIES.c.publication.is_(None), DELIVERIES.c.refusal.is_(None))
    with store.reading() as connection:
        row = connection.execute(query.order_by(DELIVERIES.c.number).limit(1)).one_or_none()
    return None if row is None else _decode(row.files, row.fingerprint, row.number)


def refuse_delivery(store: Store, number: int, error: RefusedError) -> None:
    """The delivery waits no longer: what had become trusted in the meantime speaks against it."""
    with store.writing() as connection:
        refused = update(DELIVERIES).where(DELIVERIES.c.number == number)
        connection.execute(refused.values(refusal=refusal_text(error)))


def is_delivered(store: Store, number: int) -> bool:
    """True when clients can see what was delivered.

    Raises: RefusedError if the writer refused it.
    """
    query = select(DELIVERIES.c.refusal, PUBLICATIONS.c.is_published).join(PUBLICATIONS, isouter=True)
    with store.reading() as connection:
        row = connection.execute(query.where(DELIVERIES.c.number == number)).one()
    raise_refusal(row.refusal)
    return bool(row.is_published)


def delivered_names(store: Store, number: int) -> tuple[str, ...]:
    """The names of the files that became trusted by this delivery: roots by version, targets, and what is below it."""
    files = store.offline_files_of(publication_of(store, number))
    order = {role: place for place, role in enumerate(store.tree().offline)}
    return tuple(each.name for each in sorted(files, key=lambda each: (order.get(each.role, len(order)), each.version)))


def publication_of(store: Store, number: int) -> int:
    """The publication with which this delivery, which waits no longer, became trusted."""
    query = select(DELIVERIES.c.publication).where(DELIVERIES.c.number == number)
    with store.reading() as connection:
        found: int = connection.execute(query).scalar_one()
    return found


def _encode(delivery: Delivery) -> bytes:
    own: list[Json] = [{"data": each.encode().decode(), "role": each.role} for each in delivery.files]
    followed: list[Json] = [
        {"data": each.encode().decode(), "followed": True, "role": each.role} for each in delivery.followed
    ]
    return strict_json.encode([*own, *followed])


def _decode(data: bytes, fingerprint: str, number: int) -> Delivery:
    fields = strict_json.decode(data, "delivery")
    entries = [each for each in fields if isinstance(each, Mapping)] if isinstance(fields, Sequence) else []
    files = [
        (decode_metadata_file(str(each["data"]).encode(), str(each["role"]), "delivery"), "followed" in each)
        for each in entries
    ]
    own = tuple(file for file, is_followed in files if not is_followed)
    return Delivery(own, tuple(file for file, is_followed in files if is_followed), fingerprint, number=number)
