"""One stocked signer, and beside it what it is compared with: plain python-tuf over the same files, and the floor."""

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.bare_machine import BareMachine
from benchmarks.plain_tuf import PlainRepository
from benchmarks.stocked import OneKey, StockedSigner, copied, key_of_scheme, stock
from benchmarks.targets_like_pypi import digest_of, fragment_of, length_of, path_of
from benchmarks.verified import Verifier
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import TargetFile

from ceremony.core.bin_delegation import bin_names
from ceremony.core.keys import key_of
from ceremony.online.intake import Request, take_in
from ceremony.online.key import CheckedSigner
from ceremony.online.publisher import Publisher

TIMESTAMP_BYTES = 450
_PLAIN_DAYS = 7
_LOOKED_AT = 50


@dataclass
class Workshop:
    """A copy of a stocked signer with so many targets in so many bins; but for the `room`, all of it lies in `folder`.

    Each section has a copy of its own: what one has added is in nobody else's way.
    """

    room: Path
    folder: Path
    targets: int
    bins: int
    signer: StockedSigner = field(init=False)
    asked: int = field(init=False)
    later: datetime = field(init=False)
    _keys: dict[str, CheckedSigner] = field(default_factory=dict)
    _beside: list["Workshop"] = field(default_factory=list)
    _added: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.signer = copied(stock(self.room, self.targets, self.bins), self.folder)
        self.asked = self.targets
        self.later = self.signer.at

    @property
    def shelf(self) -> Path:
        """Where its metadata is published."""
        return self.signer.home.repository / "metadata"

    def another(self, targets: int) -> "Workshop":
        """One with so many targets, in as many bins; it is closed together with this."""
        self._beside.append(Workshop(self.room, self._new_folder("beside"), targets, self.bins))
        return self._beside[-1]

    def close(self) -> int:
        """Nothing is left in memory; so many files that it has published are right, says python-tuf.

        Raises: NotAsPublishedError.
        """
        keys = [key_of(self.signer.store.identity().key_file.key.fields()), *(each.key for each in self._keys.values())]
        self.signer.store.close()
        verifier = Verifier(self.shelf, keys, self.bins)
        verifier.verify(self._added)
        return verifier.files + sum(each.close() for each in self._beside)

    def publisher(self, key: CheckedSigner) -> Publisher:
        """A publisher of this signer, with this key, that has got to know how things stand."""
        made = replace(self.signer.publisher, keys=OneKey(key))
        made.publish(self.later)
        return made

    def key(self, scheme: str) -> CheckedSigner:
        """The key of this scheme."""
        if scheme not in self._keys:
            self._keys[scheme] = key_of_scheme(self.signer.home, scheme)
        return self._keys[scheme]

    def requests(self, count: int) -> list[Request]:
        """So many new targets, to be asked for."""
        numbers = range(self.asked, self.asked + count)
        self.asked += count
        self.look_for(numbers[-1])
        return [Request(path_of(number), fragment_of(number)) for number in numbers]

    def look_for(self, *numbers: int) -> None:
        """These targets, and the last ones before them, are to be published when the workshop is closed."""
        self._added |= {path_of(number): digest_of(number) for number in numbers}
        while len(self._added) > _LOOKED_AT:
            del self._added[next(iter(self._added))]

    def publish(self, publisher: Publisher, requests: list[Request]) -> None:
        """These are asked for, durably, and out, durably."""
        take_in(self.signer.store, requests, self.later)
        publisher.publish(self.later)

    def add(self, publisher: Publisher, count: int) -> None:
        """So many new targets are asked for, durably, and out, durably."""
        self.publish(publisher, self.requests(count))

    def resign(self, publisher: Publisher) -> None:
        """Every bin is signed anew: two months have passed."""
        self.later += timedelta(days=60)
        publisher.publish(self.later)

    def plain(self, key: CheckedSigner) -> PlainRepository:
        """Plain python-tuf over the same newest files, which it only reads."""
        folder = self._new_folder("plain")
        timestamp = json.loads((self.shelf / "timestamp.json").read_bytes())["signed"]
        snapshot = timestamp["meta"]["snapshot.json"]["version"]
        meta = json.loads((self.shelf / f"{snapshot}.snapshot.json").read_bytes())["signed"]["meta"]
        versions = [meta[f"{name}.json"]["version"] for name in bin_names(self.bins)]
        for name, version in zip(bin_names(self.bins), versions, strict=True):
            os.link(self.shelf / f"{version}.{name}.json", folder / f"{version}.{name}.json")
        os.link(self.shelf / f"{snapshot}.snapshot.json", folder / f"{snapshot}.snapshot.json")
        # The one file that python-tuf writes over.
        shutil.copyfile(self.shelf / "timestamp.json", folder / "timestamp.json")
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

    def bin_bytes(self) -> bytes:
        """As many bytes as a bin has."""
        return b"b" * max(300, self.targets * len(fragment_of(0)) // self.bins)

    def snapshot_bytes(self) -> bytes:
        """As many bytes as the snapshot has."""
        newest = max(self.shelf.glob("*.snapshot.json"), key=lambda it: int(it.name.partition(".")[0]))
        return b"s" * newest.stat().st_size

    def _new_folder(self, kind: str) -> Path:
        self._made += 1
        folder = self.folder / f"{kind}-{self._made}"
        folder.mkdir()
        return folder


def _crypto_signer(key: CheckedSigner) -> CryptoSigner:
    return CryptoSigner(key._signer._private, key.key)  # type: ignore[attr-defined, arg-type]  # noqa: SLF001  # a bench's own key
