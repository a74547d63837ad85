"""Offline metadata that gathers its keyholders' signatures here, and is delivered as soon as it has them."""

from collections.abc import Mapping
from datetime import datetime

from securesystemslib.signer import Signature
from sqlalchemy import Connection, delete, insert, select, update

from ceremony.core import strict_json
from ceremony.core.metadata_file import SIGNATURE_HEX, MetadataFile, decode_metadata_file
from ceremony.core.policy import OFFLINE_ROLES, Policy, size_limit
from ceremony.core.strict_json import Json
from ceremony.core.tally import Quorum, Standing, may_sign, quorums_of, sound, tally, verified
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.delivery import check_delivery
from ceremony.online.delivery_rows import Delivery, record_delivery
from ceremony.online.store import Store
from ceremony.online.tables import OFFERED


def offered(store: Store) -> dict[str, MetadataFile]:
    """What gathers signatures, by role.

    Raises: StorageError.
    """
    with store.reading() as connection:
        return _read(connection)


def held(store: Store) -> dict[str, MetadataFile]:
    """What is trusted, by role: the newest root, targets and bins.

    Raises: StorageError.
    """
    roots = store.trusted_roots()
    return {**store.trusted(), "root": roots[-1]} if roots else {}


def offer(store: Store, connection: Connection, metadata: Mapping[str, Json]) -> tuple[Standing, ...]:
    """The metadata files, by role, gather signatures from now on; those that count already are kept.

    Raises: RefusedError (DELIVERED-FIRST, OFFER-ONCE, OFFER-FITS).
    """
    trusted = held(store)
    if not trusted:
        raise RefusedError("DELIVERED-FIRST", "a signer to which nothing was delivered yet", "a delivered release")
    if not metadata:
        raise _misfit("nothing")
    if _read(connection):
        raise RefusedError("OFFER-ONCE", "metadata that is offered already", "one offer at a time")
    files = tuple(_file(role, value, trusted) for role, value in metadata.items())
    quorums = _quorums(files, trusted)
    kept = tuple(sound(each, quorums) for each in files)
    connection.execute(insert(OFFERED), [{"role": each.role, "data": each.encode()} for each in kept])
    return tally(kept, quorums)


def sign_offered(
    store: Store, connection: Connection, role: str, signature: tuple[str, str], now: datetime
) -> tuple[tuple[Standing, ...], int | None]:
    """How far each quorum has come with this signature, (keyid, sig_hex), and the delivery that it completes, if any.

    Raises: RefusedError (OFFER-PRESENT, OFFER-SIGNED, and whatever speaks against the delivery that it completes).
    """
    files = _read(connection)
    if role not in files:
        raise RefusedError("OFFER-PRESENT", f"no {role[:40]!r} that waits for signatures", "a role that does")
    quorums = _quorums(tuple(files.values()), held(store))
    keyid, sig_hex = signature
    key = may_sign(role, quorums).get(keyid)
    if key is None or not SIGNATURE_HEX.fullmatch(sig_hex) or not verified(files[role], key, sig_hex):
        raise RefusedError("OFFER-SIGNED", f"no valid signature by {keyid[:64]!r}", f"one by a keyholder of {role}")
    files[role] = files[role].with_signature(Signature(keyid, sig_hex))
    connection.execute(update(OFFERED).where(OFFERED.c.role == role).values(data=files[role].encode()))
    standings = tally(tuple(files.values()), quorums)
    is_complete = all(each.is_complete for each in standings)
    return standings, _deliver(store, connection, files, now) if is_complete else None


def withdraw(connection: Connection, role: str) -> None:
    """What is offered for this role gathers no signatures any more, nor what is offered with it.

    Raises: RefusedError (OFFER-PRESENT).
    """
    if role not in _read(connection):
        raise RefusedError("OFFER-PRESENT", f"no {role[:40]!r} that waits for signatures", "a role that does")
    connection.execute(delete(OFFERED))


def _deliver(store: Store, connection: Connection, files: Mapping[str, MetadataFile], now: datetime) -> int:
    arriving = tuple(files[role] for role in OFFLINE_ROLES if role in files)
    delivery = Delivery(arriving, (), "")
    check_delivery(store, delivery, now, Policy())
    connection.execute(delete(OFFERED))
    return record_delivery(connection, delivery, now)


def _read(connection: Connection) -> dict[str, MetadataFile]:
    rows = connection.execute(select(OFFERED).order_by(OFFERED.c.role)).all()
    return {row.role: decode_metadata_file(row.data, row.role, "offered") for row in rows}


def _quorums(files: tuple[MetadataFile, ...], trusted: Mapping[str, MetadataFile]) -> tuple[Quorum, ...]:
    try:
        return quorums_of(files, trusted)
    except TamperedError as error:
        raise _misfit(error.what) from None


def _file(role: str, value: Json, trusted: Mapping[str, MetadataFile]) -> MetadataFile:
    if role not in OFFLINE_ROLES:
        raise _misfit(f"the role {role[:40]!r}")
    fields = value if isinstance(value, Mapping) else {}
    signed, signatures = fields.get("signed"), fields.get("signatures")
    if not isinstance(signed, Mapping) or not isinstance(signatures, list):
        raise _misfit(f"{role} that is no metadata")
    # Whoever has no signature yet sends none, or an empty one; what cannot count is left out when the file is taken in.
    found = {str(each.get("keyid")): str(each.get("sig")) for each in signatures if isinstance(each, Mapping)}
    version = signed.get("version")
    if type(version) is not int:
        raise _misfit(f"{role} without a version")
    file = MetadataFile(role, version, strict_json.encode(signed), found)
    if file.version != trusted[role].version + 1 or len(file.payload) > size_limit(role):
        raise _misfit(f"{role} {file.version}, after {role} {trusted[role].version}")
    return file


def _misfit(found: str) -> RefusedError:
    return RefusedError("OFFER-FITS", found, "root, targets or bins, each at the version that follows")
