"""What somebody writes first: python-tuf's Metadata API, one file after another, versions known without looking."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from ceremony.core.bin_delegation import bin_names
from ceremony.online.bins import bin_of

_COMPACT = JSONSerializer(compact=True)


@dataclass
class PlainRepository:
    """A published repository in a folder, and the versions of its bins, its snapshot and its timestamp."""

    folder: Path
    signer: Signer
    expires: datetime
    bins: list[int]
    snapshot: int = 1
    timestamp: int = 1

    def add(self, targets: Iterable[TargetFile]) -> None:
        """These targets are published."""
        names = bin_names(len(self.bins))
        touched: dict[int, list[TargetFile]] = {}
        for target in targets:
            touched.setdefault(bin_of(target.path, len(self.bins)), []).append(target)
        for number, found in touched.items():
            self._next_bin(names[number], number, {each.path: each for each in found})
        self._next_snapshot({names[number]: self.bins[number] for number in touched})
        self._next_timestamp()

    def refresh(self) -> None:
        """Every bin is signed anew."""
        names = bin_names(len(self.bins))
        for number, name in enumerate(names):
            self._next_bin(name, number, {})
        self._next_snapshot(dict(zip(names, self.bins, strict=True)))
        self._next_timestamp()

    def _next_bin(self, name: str, number: int, targets: Mapping[str, TargetFile]) -> None:
        metadata = Metadata[Targets].from_file(str(self.folder / f"{self.bins[number]}.{name}.json"))
        metadata.signed.targets.update(targets)
        self.bins[number] += 1
        self._write(metadata, self.bins[number], f"{self.bins[number]}.{name}.json")

    def _next_snapshot(self, versions: Mapping[str, int]) -> None:
        metadata = Metadata[Snapshot].from_file(str(self.folder / f"{self.snapshot}.snapshot.json"))
        metadata.signed.meta.update({f"{name}.json": MetaFile(version) for name, version in versions.items()})
        self.snapshot += 1
        self._write(metadata, self.snapshot, f"{self.snapshot}.snapshot.json")

    def _next_timestamp(self) -> None:
        metadata = Metadata[Timestamp].from_file(str(self.folder / "timestamp.json"))
        metadata.signed.snapshot_meta = MetaFile(self.snapshot)
        self.timestamp += 1
        self._write(metadata, self.timestamp, "timestamp.json")

    def _write(self, metadata: Metadata, version: int, name: str) -> None:
        metadata.signed.version = version
        metadata.signed.expires = self.expires
        metadata.sign(self.signer)
        metadata.to_file(str(self.folder / name), _COMPACT)
