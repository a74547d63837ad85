"""What the next publication is to be, worked out and made durable before any file is written.

The row of a publication and the versions and expiries that go with it are the intent: whoever comes after a crash makes
the same files from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ceremony.core.bin_delegation import bin_count, lifetimes_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.core.policy import Policy
from ceremony.core.signed import targets_of
from ceremony.errors import RefusedError
from ceremony.online.bins import bin_of
from ceremony.online.delivery import check_delivery, refuse_delivery, waiting_delivery
from ceremony.online.next_key import Step, record_step, step_of
from ceremony.online.schedule import Due, due
from ceremony.online.store import FIRST_PUBLICATION, Edition, Publication, Store
from ceremony.online.tables import BINS, CHANGES, DELIVERIES, OFFLINE_FILES, PUBLICATIONS, TARGETS


@dataclass(frozen=True, slots=True)
class Changes:
    """Every change request up to number `last` that waits: path -> entry, None where the path is to go."""

    last: int
    entries: Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery, by its number, and the files that become trusted by it, roots by version."""

    delivery: int
    files: tuple[MetadataFile, ...]


@dataclass(frozen=True, slots=True)
class Intent:
    """One publication that is to be: `bins` by number are the new ones, `accepted` the delivery it takes in.

    `step` is how far it changes the online key.
    """

    publication: Publication
    bins: Mapping[int, Edition]
    is_first: bool
    count: int
    changes: Changes
    accepted: Accepted | None
    step: Step


def commit_next(store: Store, now: datetime, policy: Policy) -> bool:
    """True when something waited or was due and is now a durable intent, the last publication of the store.

    Only the writer calls this, and only when the last publication is out.
    Raises: StorageError.
    """
    accepted = _accept(store, now, policy)
    step = step_of(store, accepted.files if accepted else ())
    # What names the next key waits for one publication more, so that clients of either root take what they find then.
    intent = _work_out(store, None if step is Step.BESIDE else accepted, step, now)
    if intent is None:
        return False
    with store.writing() as connection:
        _record(connection, intent)
    return True


def _accept(store: Store, now: datetime, policy: Policy) -> Accepted | None:
    found = waiting_delivery(store)
    if found is None:
        return None
    try:
        return Accepted(found.number, check_delivery(store, found, now, policy))
    except RefusedError as error:
        refuse_delivery(store, found.number, error)
        return None


def _work_out(store: Store, accepted: Accepted | None, step: Step, now: datetime) -> Intent | None:
    trusted = {**store.trusted(), **{each.role: each for each in (accepted.files if accepted else ())}}
    if not trusted:
        return None
    bins = targets_of(trusted["bins"])
    lifetimes, count, last = lifetimes_of(bins), bin_count(bins), store.last_publication()
    editions, changes = store.bins(), _waiting(store)
    what = _due(editions, last, lifetimes, now)
    if step is not Step.NONE:
        what = Due(tuple(range(len(editions))) if step is Step.ALONE else what.bins, snapshot=True, timestamp=True)
    if not (accepted or changes.entries) and what.is_empty:
        return None
    numbers = _numbers(editions, changes, what, count)
    expires = now + lifetimes["bin-n"]
    new_bins = {number: editions[number].next(expires) if editions else Edition(1, expires) for number in numbers}
    publication = _publication(last, now, lifetimes, is_new=bool(new_bins or accepted or what.snapshot))
    return Intent(publication, new_bins, not editions, count, changes, accepted, step)


def _waiting(store: Store) -> Changes:
    query = select(CHANGES.c.number, CHANGES.c.path, CHANGES.c.fragment)
    with store.reading() as connection:
        rows = connection.execute(query.where(CHANGES.c.publication.is_(None)).order_by(CHANGES.c.number)).all()
    return Changes(rows[-1].number if rows else 0, {row.path: row.fragment for row in rows})


def _due(
    editions: tuple[Edition, ...], last: Publication | None, lifetimes: Mapping[str, timedelta], now: datetime
) -> Due:
    if last is None:
        return Due()
    expiries = ((number, edition.expires) for number, edition in enumerate(editions))
    return due(now, expiries, last.snapshot.expires, last.timestamp.expires, lifetimes)


def _numbers(editions: tuple[Edition, ...], changes: Changes, what: Due, count: int) -> Iterable[int]:
    if not editions:
        return range(count)
    return sorted({*what.bins, *(bin_of(path, count) for path in changes.entries)})


def _publication(
    last: Publication | None, now: datetime, lifetimes: Mapping[str, timedelta], *, is_new: bool
) -> Publication:
    snapshot_expires, timestamp_expires = now + lifetimes["snapshot"], now + lifetimes["timestamp"]
    if last is None:
        return Publication(FIRST_PUBLICATION, now, Edition(1, snapshot_expires), Edition(1, timestamp_expires))
    timestamp = last.timestamp.next(timestamp_expires)
    if is_new:
        return Publication(last.number + 1, now, last.snapshot.next(snapshot_expires), timestamp)
    length, digest = last.snapshot_length, last.snapshot_sha256
    return Publication(last.number + 1, now, last.snapshot, timestamp, length, digest)


def _record(connection: Connection, intent: Intent) -> None:
    publication = intent.publication
    connection.execute(insert(PUBLICATIONS).values(_row(publication)))
    if intent.accepted is not None:
        _record_delivery(connection, intent.accepted, publication.number)
    record_step(connection, intent.step, publication.number)
    _record_changes(connection, intent)
    _record_bins(connection, intent)


def _record_delivery(connection: Connection, accepted: Accepted, number: int) -> None:
    rows = [
        {"role": each.role, "version": each.version, "data": each.encode(), "publication": number}
        for each in accepted.files
    ]
    if rows:
        connection.execute(insert(OFFLINE_FILES), rows)
    taken = update(DELIVERIES).where(DELIVERIES.c.number == accepted.delivery)
    connection.execute(taken.values(publication=number))


def _record_changes(connection: Connection, intent: Intent) -> None:
    entries = intent.changes.entries
    if not entries:
        return
    places = [{"at_bin": bin_of(path, intent.count), "at_path": path} for path in entries]
    gone = delete(TARGETS).where(TARGETS.c.bin == bindparam("at_bin"), TARGETS.c.path == bindparam("at_path"))
    connection.execute(gone, places)
    kept = [
        {"bin": bin_of(path, intent.count), "path": path, "fragment": fragment}
        for path, fragment in entries.items()
        if fragment is not None
    ]
    if kept:
        connection.execute(insert(TARGETS), kept)
    waiting = update(CHANGES).where(CHANGES.c.publication.is_(None), CHANGES.c.number <= intent.changes.last)
    connection.execute(waiting.values(publication=intent.publication.number))


def _record_bins(connection: Connection, intent: Intent) -> None:
    rows = [
        {
            "number": number,
            "version": edition.version,
            "expires": instant_text(edition.expires),
            "publication": intent.publication.number,
        }
        for number, edition in intent.bins.items()
    ]
    if not rows:
        return
    if intent.is_first:
        connection.execute(insert(BINS), rows)
        return
    renewed = update(BINS).where(BINS.c.number == bindparam("at"))
    connection.execute(renewed, [{"at": row["number"], **row} for row in rows])


def _row(publication: Publication) -> dict[str, object]:
    return {
        "number": publication.number,
        "at": instant_text(publication.at),
        "snapshot_version": publication.snapshot.version,
        "snapshot_expires": instant_text(publication.snapshot.expires),
        "timestamp_version": publication.timestamp.version,
        "timestamp_expires": instant_text(publication.timestamp.expires),
        "snapshot_length": publication.snapshot_length,
        "snapshot_sha256": publication.snapshot_sha256,
        "is_published": publication.is_published,
    }
