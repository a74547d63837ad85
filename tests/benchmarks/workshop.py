"""One stocked signer, and beside it what it is compared with: plain python-tuf over the same files, and the floor."""

import json
import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.bare_machine import BareMachine
from benchmarks.plain_tuf import PlainRepository
from benchmarks.stocked import OneKey, key_of_scheme, moment, stocked
from benchmarks.targets_like_pypi import digest_of, fragment_of, length_of, path_of
from fakes.online_signer import OnlineSigner
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import TargetFile

from ceremony.core.bin_delegation import bin_names
from ceremony.online.intake import Request, take_in
from ceremony.online.key import CheckedSigner
from ceremony.online.publisher import Publisher

TIMESTAMP_BYTES = 450
_PLAIN_DAYS = 7


@dataclass
class Workshop:
    """A signer with so many targets in so many bins, all of them on its shelf; everything lies in `folder`."""

    folder: Path
    targets: int
    bins: int
    signer: OnlineSigner = field(init=False)
    asked: int = field(init=False)
    later: datetime = field(init=False)
    _keys: dict[str, CheckedSigner] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.signer = stocked(self.folder / "signer", self.targets, self.bins)
        self.asked = self.targets
        self.later = moment()
        self.resign(self.signer.publisher)

    def close(self) -> None:
        """Nothing is left, in memory or on the disk."""
        self.signer.store.close()
        shutil.rmtree(self.folder)

    def publisher(self, key: CheckedSigner) -> Publisher:
        """A publisher of this signer, with this key, that has got to know how things stand."""
        made = replace(self.signer.publisher, keys=OneKey(key))
        made.publish(self.later)
        return made

    def key(self, scheme: str) -> CheckedSigner:
        """The key of this scheme."""
        if scheme not in self._keys:
            self._keys[scheme] = key_of_scheme(self.signer, scheme)
        return self._keys[scheme]

    def add(self, publisher: Publisher, count: int) -> None:
        """So many new targets are asked for, durably, and out, durably."""
        numbers = range(self.asked, self.asked + count)
        self.asked += count
        requests = [Request(path_of(number), fragment_of(number)) for number in numbers]
        take_in(self.signer.store, requests, self.later)
        publisher.publish(self.later)

    def resign(self, publisher: Publisher) -> None:
        """Every bin is signed anew: two months have passed."""
        self.later += timedelta(days=60)
        publisher.publish(self.later)

    def plain(self, key: CheckedSigner) -> PlainRepository:
        """Plain python-tuf over a copy of the newest files."""
        shelf, folder = self.signer.home.repository / "metadata", self._new_folder("plain")
        timestamp = json.loads((shelf / "timestamp.json").read_bytes())["signed"]
        snapshot = timestamp["meta"]["snapshot.json"]["version"]
        meta = json.loads((shelf / f"{snapshot}.snapshot.json").read_bytes())["signed"]["meta"]
        versions = [meta[f"{name}.json"]["version"] for name in bin_names(self.bins)]
        for name, version in zip(bin_names(self.bins), versions, strict=True):
            shutil.copyfile(shelf / f"{version}.{name}.json", folder / f"{version}.{name}.json")
        for name in ("timestamp.json", f"{snapshot}.snapshot.json"):
            shutil.copyfile(shelf / name, folder / name)
        expires = self.later + timedelta(days=_PLAIN_DAYS)
        return PlainRepository(folder, _crypto_signer(key), expires, versions, snapshot, timestamp["version"])

    def plain_targets(self, count: int) -> list[TargetFile]:
        """So many new targets, for plain python-tuf."""
        numbers = range(self.asked, self.asked + count)
        self.asked += count
        return [TargetFile(length_of(each), {"blake2b-256": digest_of(each)}, path_of(each)) for each in numbers]

    def floor(self, key: CheckedSigner) -> BareMachine:
        """The bare machine, with the same key."""
        return BareMachine(self._new_folder("floor"), _crypto_signer(key))

    def _new_folder(self, kind: str) -> Path:
        self._made += 1
        folder = self.folder / f"{kind}-{self._made}"
        folder.mkdir()
        return folder

    def bin_bytes(self) -> bytes:
        """As many bytes as a bin has."""
        return b"b" * max(300, self.targets * len(fragment_of(0)) // self.bins)

    def snapshot_bytes(self) -> bytes:
        """As many bytes as the snapshot has."""
        newest = max(
            (self.signer.home.repository / "metadata").glob("*.snapshot.json"), key=lambda it: it.stat().st_ctime
        )
        return b"s" * newest.stat().st_size


def _crypto_signer(key: CheckedSigner) -> CryptoSigner:
    return CryptoSigner(key._signer._private, key.key)  # type: ignore[attr-defined, arg-type]  # noqa: SLF001  # a bench's own key
