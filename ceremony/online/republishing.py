"""Publications that are not asked for by anybody: snapshot and timestamp again, or everything, some versions ahead."""

from collections.abc import Mapping
from datetime import datetime

from ceremony.core.bin_delegation import lifetimes_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.signed import targets_of
from ceremony.core.tree import tree_of
from ceremony.online.claiming import ProjectChanges
from ceremony.online.intent import Accepted, Changes, Intent, NewBins
from ceremony.online.listing import role_editions
from ceremony.online.next_key import names_next_key
from ceremony.online.record import record
from ceremony.online.store import Edition, Publication, Store

_NO_DELIVERY = 0
"""No row has this number."""


def publish_heads_again(store: Store, now: datetime) -> None:
    """A new snapshot and a new timestamp are a durable intent, the last publication of the store.

    Only the writer calls this, and only when the last publication is out. Raises: StorageError; TamperedError.
    """
    _record(store, now, NewBins(len(store.bins()), len(store.bins()), {}), {}, 0)


def publish_all_again(
    store: Store, now: datetime, ahead: int, files: tuple[MetadataFile, ...], seen: Mapping[str, int]
) -> None:
    """All that the online key signs is to come anew, `ahead` versions beyond the next, with these files of keyholders.

    It is a durable intent. `ahead` is how many publications the database has missed: each made any version higher by
    one at most, so that clients have seen nothing at the new ones. `seen` are versions that they have seen, by role.
    Raises: StorageError; TamperedError.
    """
    tree = tree_of((*store.tree().files.values(), *files))
    expires = now + lifetimes_of(targets_of(tree.files["bins"]))["bin-n"]
    editions, ours = store.bins(), role_editions(store)
    bins = {number: Edition(each.version + ahead + 1, expires) for number, each in enumerate(editions)}
    known = {name: each.version for name, each in ours.items()}
    highest = {name: max(known.get(name, 0), seen.get(name, 0)) for name in (*known, *tree.online)}
    roles = {name: Edition(version + ahead + 1, expires) for name, version in highest.items()}
    changes_key = names_next_key(store, files)
    accepted = Accepted(_NO_DELIVERY, files) if files else None
    _record(store, now, NewBins(len(editions), len(editions), bins), roles, ahead, accepted, changes_key=changes_key)


def _record(  # noqa: PLR0913, PLR0917  # what an intent is made of
    store: Store,
    now: datetime,
    bins: NewBins,
    roles: dict[str, Edition],
    ahead: int,
    accepted: Accepted | None = None,
    *,
    changes_key: bool = False,
) -> None:
    last = store.last_publication()
    if last is None:
        return
    lifetimes = lifetimes_of(targets_of(store.tree().files["bins"]))
    publication = Publication(
        last.number + 1,
        now,
        Edition(last.snapshot.version + ahead + 1, now + lifetimes["snapshot"]),
        Edition(last.timestamp.version + ahead + 1, now + lifetimes["timestamp"]),
    )
    intent = Intent(publication, bins, roles, Changes(0, {}), ProjectChanges(), accepted, changes_key)
    with store.leading() as connection:
        record(connection, intent)
