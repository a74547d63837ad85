"""What the writer remembers of the newest publication, so that it need not be read again for the next one."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ceremony.core.bin_delegation import bin_names, lifetimes_of
from ceremony.core.signed import targets_of
from ceremony.online.collector import collector_at_rest
from ceremony.online.editions import Publication
from ceremony.online.keyring import Signers
from ceremony.online.listing import ends_of, listed
from ceremony.online.schedule import bin_key, due_time, is_head_due, spread_due_time
from ceremony.online.snapshot_payload import SnapshotPayload
from ceremony.online.store import Store

_FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Standing:
    """The newest publication, which is out, and what it lists; kept in step by whoever publishes the next.

    `versions` are those of the bins, by number, `_moments` when each is to be signed anew. No role before bins is due
    before `roles_due`.
    """

    publication: Publication
    lifetimes: Mapping[str, timedelta]
    signers: Signers
    names: tuple[str, ...]
    versions: "array[int]"
    snapshot: SnapshotPayload
    roles_due: datetime
    _moments: list[datetime]
    _first: datetime = field(init=False)

    def __post_init__(self) -> None:
        """When the first bin is due is looked up once."""
        self._first = min(self._moments)

    @property
    def heads_due(self) -> datetime:
        """When snapshot or timestamp are to be signed anew, though nothing below them changes."""
        last, lifetimes = self.publication, self.lifetimes
        snapshot = due_time(last.snapshot.expires, lifetimes["snapshot"])
        return min(snapshot, due_time(last.timestamp.expires, lifetimes["timestamp"]))

    def are_heads_due(self, now: datetime) -> bool:
        """True when at `now` snapshot or timestamp are to be signed anew, though nothing below them changes."""
        last, lifetimes = self.publication, self.lifetimes
        heads = (("snapshot", last.snapshot), ("timestamp", last.timestamp))
        return any(is_head_due(now, edition.expires, lifetimes[role]) for role, edition in heads)

    @property
    def due(self) -> datetime:
        """The first moment at which something may have to be signed anew."""
        return min(self.heads_due, self.roles_due, self._first)

    def bins_due(self, now: datetime) -> list[int]:
        """The numbers of the bins that are to be signed anew at `now`, in order."""
        if now < self._first:
            return []
        found = [number for number, moment in enumerate(self._moments) if moment <= now]
        # What was signed meanwhile has put off the first of them.
        self._first = min(self._moments)
        return found

    def next_publication(self, now: datetime) -> Publication:
        """The publication that comes next, of something new, at `now` (UTC)."""
        last, lifetimes = self.publication, self.lifetimes
        return Publication(
            last.number + 1,
            now,
            last.snapshot.next(now + lifetimes["snapshot"]),
            last.timestamp.next(now + lifetimes["timestamp"]),
        )

    def renew(self, numbers: Sequence[int], expires: datetime) -> None:
        """These bins have their next version, until `expires`."""
        lifetime = self.lifetimes["bin-n"]
        for number in numbers:
            self.versions[number] += 1
            self._moments[number] = spread_due_time(bin_key(number), expires, lifetime)
        self.snapshot.change({self.names[number]: self.versions[number] for number in numbers})


@collector_at_rest()
def read_standing(store: Store, signers: Signers, last: Publication) -> Standing:
    """How everything stands after `last`, the newest publication of the store, which is out.

    Raises: StorageError; TamperedError.
    """
    tree = store.tree()
    lifetimes = lifetimes_of(targets_of(tree.files["bins"]))
    ends, versions = ends_of(store, tree, last), listed(store)
    names, lifetime = bin_names(len(ends.bins)), lifetimes["bin-n"]
    roles = [spread_due_time(role, expires, lifetime) for role, expires in ends.roles.items()]
    return Standing(
        last,
        lifetimes,
        signers,
        names,
        array("Q", [versions[name] for name in names]),
        SnapshotPayload(versions),
        min(roles, default=_FAR),
        [spread_due_time(bin_key(number), expires, lifetime) for number, expires in enumerate(ends.bins)],
    )
