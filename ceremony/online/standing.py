"""What the writer remembers of the newest publication, so that it need not be read again for the next one."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ceremony.core.bin_delegation import bin_names, lifetimes_of
from ceremony.core.signed import targets_of
from ceremony.online.editions import Publication
from ceremony.online.keyring import Signers
from ceremony.online.listing import ends_of, listed
from ceremony.online.schedule import due_time, next_due
from ceremony.online.snapshot_payload import SnapshotPayload
from ceremony.online.store import Store


@dataclass(slots=True)
class Standing:
    """The newest publication, which is out, and what it lists; kept in step by whoever publishes the next.

    `versions` are those of the bins, by number. Nothing but snapshot and timestamp is due before `others_due`.
    """

    publication: Publication
    lifetimes: Mapping[str, timedelta]
    signers: Signers
    names: tuple[str, ...]
    versions: "array[int]"
    snapshot: SnapshotPayload
    others_due: datetime

    @property
    def due(self) -> datetime:
        """The first moment at which something may have to be signed anew."""
        last, lifetimes = self.publication, self.lifetimes
        own = (
            due_time(last.snapshot.expires, lifetimes["snapshot"]),
            due_time(last.timestamp.expires, lifetimes["timestamp"]),
        )
        return min(self.others_due, *own)


def read_standing(store: Store, signers: Signers, last: Publication) -> Standing:
    """How everything stands after `last`, the newest publication of the store, which is out.

    Raises: StorageError; TamperedError.
    """
    tree = store.tree()
    lifetimes = lifetimes_of(targets_of(tree.files["bins"]))
    editions = store.bins()
    return Standing(
        last,
        lifetimes,
        signers,
        bin_names(len(editions)),
        array("Q", [each.version for each in editions]),
        SnapshotPayload(listed(store)),
        next_due(ends_of(store, tree, last), lifetimes),
    )
