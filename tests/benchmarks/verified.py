"""What a bench has published, looked at by python-tuf: a figure counts only if what it measured is a repository.

Of the newest publication the timestamp, the snapshot and some bins, those of the last targets among them; of those
before it some snapshots, and some of the bins that they list. Times are the bench's own, and nobody asks for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from securesystemslib.signer import Key
from tuf.api.metadata import Delegations, Metadata, Root, Signed, Snapshot, SuccinctRoles, Targets, Timestamp

from ceremony.core.bin_delegation import bin_names
from ceremony.core.draft import BIN_PREFIX

_BINS = 24
_SNAPSHOTS = 4
_BINS_OF_EACH = 2

S = TypeVar("S", bound=Signed)


class NotAsPublishedError(Exception):
    """What lies there is not what was to be measured."""


@dataclass
class Verifier:
    """A look at `shelf`, whose files are signed by one of the keys each; it counts what it finds right."""

    shelf: Path
    keys: Sequence[Key]
    bins: int
    files: int = 0
    _root: Root = field(default_factory=Root)
    _bins: Targets = field(init=False)

    def __post_init__(self) -> None:
        succinct = SuccinctRoles([], 1, (self.bins - 1).bit_length(), BIN_PREFIX)
        self._bins = Targets(delegations=Delegations({}, succinct_roles=succinct))
        for key in self.keys:
            self._bins.add_key(key)
            for role in ("timestamp", "snapshot"):
                self._root.add_key(key, role)

    def verify(self, wanted: Mapping[str, str]) -> None:
        """What was published is right; `wanted` are targets that are in it, by path, with their BLAKE2b-256 in hex.

        Raises: NotAsPublishedError; UnsignedMetadataError and LengthOrHashMismatchError of python-tuf.
        """
        newest = self._read("timestamp", "timestamp.json", Timestamp).snapshot_meta
        snapshot = self._read("snapshot", f"{newest.version}.snapshot.json", Snapshot)
        newest.verify_length_and_hashes((self.shelf / f"{newest.version}.snapshot.json").read_bytes())
        for name in self._some(_BINS):
            self._bin(snapshot, name)
        for path, digest in wanted.items():
            found = self._bin(snapshot, self._succinct.get_role_for_target(path)).targets.get(path)
            if found is None or found.hashes != {"blake2b-256": digest}:
                raise NotAsPublishedError(path)
        for file in self._earlier(newest.version):
            before = self._read("snapshot", file, Snapshot)
            for name in self._some(_BINS_OF_EACH):
                self._bin(before, name)

    @property
    def _succinct(self) -> SuccinctRoles:
        return cast("SuccinctRoles", cast("Delegations", self._bins.delegations).succinct_roles)

    def _some(self, count: int) -> Sequence[str]:
        names = bin_names(self.bins)
        return names[:: max(1, len(names) // count)]

    def _earlier(self, version: int) -> Sequence[str]:
        files = sorted(int(each.name.partition(".")[0]) for each in self.shelf.glob("*.snapshot.json"))
        before = [f"{each}.snapshot.json" for each in files if each < version]
        return before[-1 : len(before) // 2 : -max(1, len(before) // 2 // _SNAPSHOTS)]

    def _bin(self, snapshot: Snapshot, name: str) -> Targets:
        return self._read(name, f"{snapshot.meta[f'{name}.json'].version}.{name}.json", Targets)

    def _read(self, role: str, name: str, kind: type[S]) -> S:
        file = Metadata[kind].from_file(str(self.shelf / name))  # type: ignore[valid-type]
        judge = self._bins if kind is Targets else self._root
        # What is verified are the bytes that python-tuf itself makes of what it has read.
        judge.verify_delegate(role, file.signed_bytes, file.signatures)
        if name not in {f"{file.signed.version}.{role}.json", "timestamp.json"}:
            raise NotAsPublishedError(name)
        self.files += 1
        return file.signed
