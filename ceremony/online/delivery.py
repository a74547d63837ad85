"""Verifying a release against what this signer trusts itself, and taking it in, durably."""

from dataclasses import replace
from datetime import datetime

from ceremony.core.delivery_below_rules import BELOW_RULES
from ceremony.core.delivery_case import DeliveryCase
from ceremony.core.delivery_rules import DELIVERY_RULES
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle
from ceremony.online.delivery_rows import Delivery, record_delivery
from ceremony.online.listing import listed
from ceremony.online.next_key import next_keyid
from ceremony.online.projects import registered_paths
from ceremony.online.store import Store


def delivery_of(bundle: Bundle, fingerprint: str) -> Delivery:
    """The delivery of this bundle; `fingerprint` is what a person typed, "" where nobody has to."""
    before = bundle.before
    followed = (*before.trusted.roots, *before.trusted.targets.values()) if before else ()
    return Delivery(bundle.files, followed, fingerprint, bundle.purpose)


def is_known(store: Store, bundle: Bundle) -> bool:
    """True when every file of the bundle is what this signer trusts now: delivering it again changes nothing."""
    newest = {role: file.payload for role, file in store.tree().files.items()}
    return bool(bundle.files) and all(newest.get(each.role) == each.payload for each in bundle.files)


def has_trust(store: Store) -> bool:
    """True when there is a trusted root already, so that no fingerprint has to be typed."""
    return bool(store.trusted_roots())


def take_in_delivery(store: Store, bundle: Bundle, fingerprint: str, now: datetime, policy: Policy) -> int:
    """The number of the delivery: verified, durable, and waiting for the writer, who verifies it once more.

    `fingerprint` is what a person typed; it counts before anything is trusted.
    Raises: RefusedError for the first rule it breaks; TamperedError; StorageError.
    """
    delivery = delivery_of(bundle, fingerprint)
    check_delivery(store, delivery, now, policy)
    with store.writing() as connection:
        return record_delivery(connection, delivery, now)


def check_delivery(store: Store, delivery: Delivery, now: datetime, policy: Policy) -> tuple[MetadataFile, ...]:
    """What becomes trusted by this delivery, roots by version: its own files, and what this signer had missed.

    Raises: RefusedError for the first rule it breaks; TamperedError if it cannot be read.
    """
    case = DeliveryCase(
        delivery.purpose,
        delivery.files,
        store.trusted_roots(),
        store.trusted(),
        replace(store.identity().receiver, next_keyid=next_keyid(store)),
        delivery.fingerprint,
        now,
        policy,
        delivery.followed,
        listed(store),
        registered_paths(store),
    )
    DELIVERY_RULES.check(case)
    BELOW_RULES.check(case)
    known = {each.name for each in (*case.trusted_roots, *case.trusted.values())}
    return tuple(each for each in case.arriving if each.name not in known)
