"""An intent in the database: one transaction, after which the publication is certain to come."""

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ceremony.core.plan import instant_text
from ceremony.online.bins import bin_of
from ceremony.online.claiming import record_projects
from ceremony.online.import_taking import record_portion
from ceremony.online.intent import Accepted, Intent
from ceremony.online.listing import keep_former_bins
from ceremony.online.next_key import record_change
from ceremony.online.renewal import record_renewal
from ceremony.online.store import Edition, Publication
from ceremony.online.tables import BINS, CHANGES, DELIVERIES, LEASE, OFFLINE_FILES, PUBLICATIONS, ROLES, TARGETS


def record(connection: Connection, intent: Intent) -> None:
    """The intent is the last publication of the database, and everything that it takes in waits no longer."""
    publication = intent.publication
    connection.execute(insert(PUBLICATIONS).values(_row(publication)))
    if intent.accepted is not None:
        _record_delivery(connection, intent.accepted, publication.number)
    if intent.changes_key:
        record_change(connection, publication.number)
    if intent.bins.were not in (0, intent.bins.count):
        _spread(connection, intent.bins.were, intent.bins.count)
    _record_changes(connection, intent)
    if intent.portion is not None:
        record_portion(connection, intent.portion, intent.bins.count, publication)
    _record_bins(connection, intent)
    _record_roles(connection, intent)
    record_projects(connection, intent.projects, publication.number)
    record_renewal(connection, intent.wishes, publication.number)


def _record_delivery(connection: Connection, accepted: Accepted, number: int) -> None:
    rows = [
        {"role": each.role, "version": each.version, "data": each.encode(), "publication": number}
        for each in accepted.files
    ]
    if rows:
        connection.execute(insert(OFFLINE_FILES), rows)
    taken = update(DELIVERIES).where(DELIVERIES.c.number == accepted.delivery)
    connection.execute(taken.values(publication=number))


def _spread(connection: Connection, were: int, count: int) -> None:
    """Every target is in the bin, of `count`, that its path falls into; one bin after another is in memory."""
    for number in range(were):
        there = TARGETS.c.bin == number
        rows = connection.execute(select(TARGETS.c.path, TARGETS.c.fragment).where(there)).all()
        # Below zero they cannot be taken for targets of a bin that is still to be emptied.
        moved = [{"bin": -1 - bin_of(path, count), "path": path, "fragment": fragment} for path, fragment in rows]
        connection.execute(delete(TARGETS).where(there))
        if moved:
            connection.execute(insert(TARGETS), moved)
    connection.execute(update(TARGETS).values(bin=-1 - TARGETS.c.bin))
    keep_former_bins(connection, count)
    connection.execute(delete(BINS))


def _record_changes(connection: Connection, intent: Intent) -> None:
    entries, count = intent.changes.entries, intent.bins.count
    if not entries:
        return
    places = [{"at_bin": bin_of(path, count), "at_path": path} for path in entries]
    gone = delete(TARGETS).where(TARGETS.c.bin == bindparam("at_bin"), TARGETS.c.path == bindparam("at_path"))
    connection.execute(gone, places)
    kept = [
        {"bin": bin_of(path, count), "path": path, "fragment": fragment}
        for path, fragment in entries.items()
        if fragment is not None
    ]
    if kept:
        connection.execute(insert(TARGETS), kept)
    waiting = update(CHANGES).where(CHANGES.c.publication.is_(None), CHANGES.c.number <= intent.changes.last)
    connection.execute(waiting.values(publication=intent.publication.number))


def _record_bins(connection: Connection, intent: Intent) -> None:
    number = intent.publication.number
    rows = [{"number": place, **_edition(each, number)} for place, each in intent.bins.editions.items()]
    if not rows:
        return
    if intent.bins.were != intent.bins.count:
        connection.execute(insert(BINS), rows)
        return
    renewed = update(BINS).where(BINS.c.number == bindparam("at"))
    connection.execute(renewed, [{"at": row["number"], **row} for row in rows])


def _record_roles(connection: Connection, intent: Intent) -> None:
    rows = [{"name": role, **_edition(each, intent.publication.number)} for role, each in intent.roles.items()]
    if rows:
        connection.execute(delete(ROLES).where(ROLES.c.name == bindparam("at")), [{"at": row["name"]} for row in rows])
        connection.execute(insert(ROLES), rows)


def _edition(edition: Edition, publication: int) -> dict[str, object]:
    return {"version": edition.version, "expires": instant_text(edition.expires), "publication": publication}


def _row(publication: Publication) -> dict[str, object]:
    return {
        "number": publication.number,
        "at": instant_text(publication.at),
        # That of whoever records it, which `Store.leading` has seen to.
        "fence": select(LEASE.c.number).scalar_subquery(),
        "snapshot_version": publication.snapshot.version,
        "snapshot_expires": instant_text(publication.snapshot.expires),
        "timestamp_version": publication.timestamp.version,
        "timestamp_expires": instant_text(publication.timestamp.expires),
        "snapshot_length": publication.snapshot_length,
        "snapshot_sha256": publication.snapshot_sha256,
        "is_published": publication.is_published,
    }
