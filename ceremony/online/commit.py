"""The next publication: worked out from what waits, what is due and what was delivered, and durable as an intent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from ceremony.core.bin_delegation import bin_count, bin_names, lifetimes_of
from ceremony.core.policy import Policy
from ceremony.core.signed import targets_of
from ceremony.core.tree import Tree, tree_of
from ceremony.errors import RefusedError
from ceremony.online.bins import bin_of
from ceremony.online.claiming import ProjectChanges, change_projects, has_waiting
from ceremony.online.delivery_rows import refuse_delivery, waiting_delivery
from ceremony.online.import_taking import Portion, next_portion
from ceremony.online.intent import Accepted, Changes, Intent, NewBins
from ceremony.online.listing import ends_of, listed, others_listed
from ceremony.online.next_key import names_next_key
from ceremony.online.record import record
from ceremony.online.renewal import BINS, SNAPSHOT, TIMESTAMP, Wishes, wanted_anew
from ceremony.online.schedule import Due, due
from ceremony.online.store import FIRST_PUBLICATION, Edition, Publication, Store
from ceremony.online.tables import CHANGES


def commit_next(store: Store, now: datetime, policy: Policy) -> bool:
    """True when something waited or was due and is now a durable intent, the last publication of the store.

    Only the writer calls this, and only when the last publication is out.
    Raises: StorageError.
    """
    accepted = _accept(store, now, policy)
    intent = _work_out(store, accepted, now)
    if intent is None:
        return False
    with store.leading() as connection:
        record(connection, intent)
    return True


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the next publication starts from: the tree that holds after it, and the one before."""

    store: Store
    was: Tree
    tree: Tree
    now: datetime
    changes_key: bool

    @property
    def lifetimes(self) -> Mapping[str, timedelta]:
        return lifetimes_of(targets_of(self.tree.files["bins"]))

    @property
    def count(self) -> int:
        return bin_count(targets_of(self.tree.files["bins"]))


def _accept(store: Store, now: datetime, policy: Policy) -> Accepted | None:
    found = waiting_delivery(store)
    if found is None:
        return None
    # The rules of deliveries bring a good part of the ceremony along: a signer that is delivered nothing loads none.
    from ceremony.online.delivery import check_delivery  # noqa: PLC0415

    try:
        return Accepted(found.number, check_delivery(store, found, now, policy))
    except RefusedError as error:
        refuse_delivery(store, found.number, error)
        return None


def _work_out(store: Store, accepted: Accepted | None, now: datetime) -> Intent | None:
    was = store.tree()
    files = accepted.files if accepted else ()
    tree = tree_of((*was.files.values(), *files))
    if "bins" not in tree.files:
        return None
    scene = _Scene(store, was, tree, now, names_next_key(store, files))
    lifetimes, last, portion = scene.lifetimes, store.last_publication(), next_portion(store, scene.count)
    changes = _waiting(store, portion)
    what = _due(scene, last, lifetimes)
    if portion is not None:
        what = replace(what, bins=(*what.bins, *portion.bins))
    wishes = _wishes(store)
    what = _with_wishes(what, wishes, scene.count)
    has_news = accepted is not None or has_waiting(store)
    projects = change_projects(store, tree, now) if has_news else ProjectChanges()
    if not (accepted or changes.entries) and projects.is_empty and what.is_empty:
        return None
    expires = now + lifetimes["bin-n"]
    bins, roles = _new_bins(scene, changes, what, expires), _new_roles(scene, projects, what, expires)
    is_new = bool(bins.editions or roles or accepted or what.snapshot or not projects.is_empty)
    publication = _publication(last, now, lifetimes, is_new=is_new)
    return Intent(publication, bins, roles, changes, projects, accepted, scene.changes_key, portion, wishes)


def _waiting(store: Store, portion: Portion | None) -> Changes:
    query = select(CHANGES.c.number, CHANGES.c.path, CHANGES.c.fragment)
    if portion is not None:
        query = query.where(CHANGES.c.number <= portion.after)
    with store.reading() as connection:
        rows = connection.execute(query.where(CHANGES.c.publication.is_(None)).order_by(CHANGES.c.number)).all()
    return Changes(rows[-1].number if rows else 0, {row.path: row.fragment for row in rows})


def _due(scene: _Scene, last: Publication | None, lifetimes: Mapping[str, timedelta]) -> Due:
    if last is None:
        return Due()
    ends = ends_of(scene.store, scene.was, last)
    if scene.changes_key:
        return Due(tuple(range(len(ends.bins))), scene.tree.online, snapshot=True, timestamp=True)
    return due(scene.now, ends, lifetimes)


def _wishes(store: Store) -> Wishes:
    with store.reading() as connection:
        return wanted_anew(connection)


def _with_wishes(what: Due, wishes: Wishes, count: int) -> Due:
    """What is due, and beside it what somebody wants signed anew before its time."""
    bins = tuple(range(count)) if BINS in wishes.roles else what.bins
    snapshot, timestamp = what.snapshot or SNAPSHOT in wishes.roles, what.timestamp or TIMESTAMP in wishes.roles
    return replace(what, bins=bins, snapshot=snapshot, timestamp=timestamp)


def _new_bins(scene: _Scene, changes: Changes, what: Due, expires: datetime) -> NewBins:
    editions, count = scene.store.bins(), scene.count
    if len(editions) != count:
        versions = listed(scene.store)
        names = enumerate(bin_names(count))
        new = {number: Edition(versions.get(name, 0) + 1, expires) for number, name in names}
        return NewBins(count, len(editions), new)
    numbers: Iterable[int] = {*what.bins, *(bin_of(path, count) for path in changes.entries)}
    return NewBins(count, count, {number: editions[number].next(expires) for number in sorted(numbers)})


def _new_roles(scene: _Scene, projects: ProjectChanges, what: Due, expires: datetime) -> dict[str, Edition]:
    # One that has come, or come back, is new to clients, whatever it once was.
    coming = {role for role in scene.tree.online if role not in scene.was.online}
    roles = [role for role in scene.tree.online if role in coming.union(projects.roles, what.roles)]
    versions = others_listed(scene.store) if roles else {}
    return {role: Edition(versions.get(role, 0) + 1, expires) for role in roles}


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
