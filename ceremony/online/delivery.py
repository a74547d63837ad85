"""Verifying a release against what this signer trusts itself, and taking it in, durably."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert, select, update

from ceremony.core import strict_json
from ceremony.core.delivery_rules import DELIVERY_RULES, DeliveryCase
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.plan import instant_text
from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError
from ceremony.online.store import Store
from ceremony.online.tables import DELIVERIES, PUBLICATIONS


@dataclass(frozen=True, slots=True)
class Delivery:
    """A release that was verified and waits to be taken in."""

    number: int
    files: tuple[MetadataFile, ...]
    fingerprint: str


def is_known(store: Store, bundle: Bundle) -> bool:
    """True when every file of the bundle is what this signer trusts now: delivering it again changes nothing."""
    roots = {each.version: each.payload for each in store.trusted_roots()}
    newest = {role: each.payload for role, each in store.trusted().items()}
    return bool(bundle.files) and all(
        (roots.get(each.version) if each.role == "root" else newest.get(each.role)) == each.payload
        for each in bundle.files
    )


def has_trust(store: Store) -> bool:
    """True when there is a trusted root already, so that no fingerprint has to be typed."""
    return bool(store.trusted_roots())


def take_in_delivery(store: Store, bundle: Bundle, fingerprint: str, now: datetime, policy: Policy) -> int:
    """The number of the delivery: verified, durable, and waiting for the writer, who verifies it once more.

    `fingerprint` is what a person typed; it counts before anything is trusted.
    Raises: RefusedError for the first rule it breaks; TamperedError; StorageError.
    """
    check_delivery(store, bundle.purpose, bundle.files, fingerprint, now, policy)
    files = _encode(bundle.files)
    row = {
        "digest": sha256(files).hexdigest(),
        "files": files,
        "fingerprint": fingerprint,
        "received_at": instant_text(now),
    }
    waiting = select(DELIVERIES.c.number).where(
        DELIVERIES.c.digest == row["digest"], DELIVERIES.c.publication.is_(None), DELIVERIES.c.refusal.is_(None)
    )
    with store.writing() as connection:
        number: int | None = connection.execute(waiting).scalar()
        if number is None:
            number = connection.execute(insert(DELIVERIES).values(row).returning(DELIVERIES.c.number)).scalar_one()
        return number


def check_delivery(  # noqa: PLR0913, PLR0917  # what is delivered, what vouches for it, and when: nothing to leave out
    store: Store, purpose: str, files: tuple[MetadataFile, ...], fingerprint: str, now: datetime, policy: Policy
) -> None:
    """Nothing, if this may be trusted.

    Raises: RefusedError for the first rule it breaks; TamperedError if it cannot be read.
    """
    receiver = store.identity().receiver
    roots, trusted = store.trusted_roots(), store.trusted()
    DELIVERY_RULES.check(DeliveryCase(purpose, files, roots, trusted, receiver, fingerprint, now, policy))


def waiting_delivery(store: Store) -> Delivery | None:
    """The delivery that has waited longest, if any waits."""
    query = select(DELIVERIES).where(DELIVERIES.c.publication.is_(None), DELIVERIES.c.refusal.is_(None))
    with store.reading() as connection:
        row = connection.execute(query.order_by(DELIVERIES.c.number).limit(1)).one_or_none()
    return None if row is None else Delivery(row.number, _decode(row.files), row.fingerprint)


def refuse_delivery(store: Store, number: int, error: RefusedError) -> None:
    """The delivery waits no longer: what had become trusted in the meantime speaks against it."""
    refusal = strict_json.encode({"found": error.found, "rule": error.rule, "wanted": error.wanted}).decode()
    with store.writing() as connection:
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.number == number).values(refusal=refusal))


def is_delivered(store: Store, number: int) -> bool:
    """True when clients can see what was delivered.

    Raises: RefusedError if the writer refused it.
    """
    query = select(DELIVERIES.c.refusal, PUBLICATIONS.c.is_published).join(PUBLICATIONS, isouter=True)
    with store.reading() as connection:
        row = connection.execute(query.where(DELIVERIES.c.number == number)).one()
    if row.refusal is not None:
        fields = strict_json.decode(row.refusal.encode(), "delivery")
        texts = {name: str(text) for name, text in fields.items()} if isinstance(fields, Mapping) else {}
        raise RefusedError(**texts)
    return bool(row.is_published)


def new_files(store: Store, files: Sequence[MetadataFile]) -> tuple[MetadataFile, ...]:
    """Those of the files that are not trusted yet, in their order."""
    known = {each.name for each in (*store.trusted_roots(), *store.trusted().values())}
    return tuple(each for each in files if each.name not in known)


def _encode(files: Sequence[MetadataFile]) -> bytes:
    return strict_json.encode([{"data": each.encode().decode(), "role": each.role} for each in files])


def _decode(data: bytes) -> tuple[MetadataFile, ...]:
    fields = strict_json.decode(data, "delivery")
    entries = [each for each in fields if isinstance(each, Mapping)] if isinstance(fields, Sequence) else []
    return tuple(decode_metadata_file(str(each["data"]).encode(), str(each["role"]), "delivery") for each in entries)
