"""One publication after another: bin-n, projects, roles, bins, targets, snapshot, then root, the timestamp last of all.

Where the online key changes, root comes after the timestamp, which both keys have signed.

A publication is a durable intent before its first file is written. After a crash the same files are made again: the
same versions with the same payloads, and a versioned file that is already in place, and right, stays as it is.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Protocol

from ceremony.core.bin_delegation import bin_names
from ceremony.core.enough_signatures import is_signed
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.plan import instant_text
from ceremony.core.policy import Policy
from ceremony.core.signed import root_of
from ceremony.errors import TamperedError
from ceremony.online.bin_press import BinPress
from ceremony.online.bin_ranges import VERY_MANY
from ceremony.online.bins import render_timestamp
from ceremony.online.changes_alone import ChangesAlone, Keys
from ceremony.online.commit import commit_next
from ceremony.online.contents import Contents, stored_contents
from ceremony.online.counter import Counter, NoCounter
from ceremony.online.creating_shelf import CreatingShelf, NewFile
from ceremony.online.keyring import Signers
from ceremony.online.packs import BinEdition
from ceremony.online.shared_changes import DoubtError, SharedChanges
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.staging import staging
from ceremony.online.store import Publication, Store

TIMESTAMP = "timestamp.json"
MANY = 256
"""From so many bins on the folder is looked through once, instead of for each of them."""

_AHEAD = "published with other bytes than the signer's database gives: was an old one restored?"

Watch = Callable[[int, int], None]
"""Told how many files of how many are durable."""


class Shelf(Protocol):
    """What a publisher needs of the place where files are published."""

    def prepare(self) -> None:
        """The place is ready, and clear of what a killed writer left."""

    def read(self, name: str) -> bytes | None:
        """The metadata file of this name, None if there is none."""

    def put(self, files: Iterable[tuple[str, bytes]], progress: Callable[[int], None]) -> None:
        """Each file is in its place, whole and durable."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """The one writer of a shelf; whoever has one holds the writer's lock."""

    store: Store
    shelf: Shelf
    keys: Keys
    policy: Policy
    watch: Watch
    counter: Counter = field(default_factory=NoCounter)
    changes: ChangesAlone | SharedChanges | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """What makes publications of changes alone quick is remembered from one to the next."""
        shelf = self.shelf
        quick: ChangesAlone | SharedChanges | None = None
        if self.store.database.is_shared:
            quick = SharedChanges(self.store, shelf, self.keys, self._write)
        elif isinstance(shelf, DirectoryShelf):
            quick = ChangesAlone(self.store, shelf, self.keys, self.counter)
        object.__setattr__(self, "changes", quick)

    def publish(self, now: datetime) -> Publication | None:
        """Everything that waits or is due at `now` (UTC) is out; None if there was nothing.

        First of all, a publication that was cut short is finished.
        Raises: StorageError, and then nothing acknowledged is lost; TamperedError if the shelf is ahead of the store.
        Spec: 6.2, 6.3.
        """
        self.store.check_file()
        if self.changes is not None and self.changes.are_all(now):
            with contextlib.suppress(DoubtError):
                return self.changes.publish(now)
        self.counter.give_back()
        self.recover()
        if not commit_next(self.store, now, self.policy):
            return None
        return self.recover()

    @property
    def is_asked(self) -> bool:
        """True when somebody waits for the publication of what is in no database yet."""
        return self.counter.has_some

    def next_due(self) -> datetime | None:
        """When something has to be signed anew, if that is known without looking."""
        return None if self.changes is None else self.changes.next_due()

    def recover(self) -> Publication | None:
        """The last publication, if it was not out, is out.

        Raises: StorageError; TamperedError.
        """
        last = self.store.last_publication()
        if last is None or last.is_published:
            return None
        self.shelf.prepare()
        self._write(last, self.keys.signers(last.number), stored_contents(self.store, last))
        return last

    def _write(self, publication: Publication, signers: Signers, contents: Contents) -> tuple[int, str]:
        """Length and SHA-256 of the file of the snapshot of this publication, the store's newest, which is out."""
        return _Publishing(self.store, self.shelf, signers, self.watch, contents).write(publication)


@dataclass(frozen=True, slots=True)
class _Publishing:
    """One publication under way."""

    store: Store
    shelf: Shelf
    signers: Signers
    watch: Watch
    contents: Contents

    def write(self, publication: Publication) -> tuple[int, str]:
        """It is out, and marked as such; length and SHA-256 of its snapshot's file."""
        published = self._published_version()
        if published > publication.timestamp.version:
            raise self._ahead(TIMESTAMP)
        # What no timestamp has named yet may be put right; from then on a file stays as it is for ever.
        is_named = published == publication.timestamp.version
        offline, numbers = self.contents.offline, self.contents.numbers
        count = _Count(self.watch, len(numbers) + self.contents.others + len(offline) + 2)
        self._put_bins(publication.number, numbers, count, is_named=is_named)
        self._put(self.contents.before_bins(), count, is_named=is_named)
        self._put((each for each in offline if each.role != "root"), count, is_named=is_named)
        length, digest = self._put_snapshot(publication, count, is_named=is_named)
        timestamp = self._timestamp(publication, length, digest)
        if is_named and not self._is_right(timestamp, self.shelf.read(TIMESTAMP) or b""):
            raise self._ahead(TIMESTAMP)
        # All at once, so that no slow key and no full disk comes between a new root and the timestamp that fits it.
        last = [] if is_named else [(TIMESTAMP, self._signed(timestamp))]
        roots = self._missing(_newest_first(each for each in offline if each.role == "root"), count, is_named=True)
        self.shelf.put(chain(last, roots) if self._fits_before_root(offline) else chain(roots, last), count.add)
        self.store.mark_published(publication.number, length, digest)
        return length, digest

    def _fits_before_root(self, offline: Sequence[MetadataFile]) -> bool:
        """True when clients take the new timestamp, and what it leads to, by the root before the new one as well.

        So it is where a former online key has signed beside the new one, and targets is signed for both roots: then
        the timestamp may come first, while a client with the new root would refuse the timestamp of before.
        """
        if not self.signers.beside:
            return False
        new = {each.version for each in offline if each.role == "root"}
        before = [each for each in self.store.trusted_roots() if each.version not in new]
        return bool(new and before) and is_signed(root_of(before[-1]), self.store.tree().files["targets"])

    def _put_bins(self, publication: int, numbers: Sequence[int], count: "_Count", *, is_named: bool) -> None:
        spread = frozenset() if is_named else self._spread(publication, numbers, count)
        there = spread or self._press(numbers)
        count.reach(len(there))
        left = [each for each in numbers if each not in there]
        self._put(self.contents.bins(left), count, is_named=is_named)

    def _spread(self, publication: int, numbers: Sequence[int], count: "_Count") -> frozenset[int]:
        """The numbers of those that are in place now, by whichever machines help; none where there are no others."""
        if len(numbers) < VERY_MANY or not (self.store.database.is_shared and isinstance(self.shelf, CreatingShelf)):
            return frozenset()
        # A signer on one machine needs no queue, and has none installed.
        from ceremony.online.spreading import Spreading  # noqa: PLC0415

        return Spreading(self.store, self.shelf, self.signers.online, count.add).put(publication, numbers)

    def _press(self, numbers: Sequence[int]) -> frozenset[int]:
        """The numbers of those that are in place now, because there was no file of that name."""
        if len(numbers) < MANY or self.store.database.is_shared or not isinstance(self.shelf, DirectoryShelf):
            return frozenset()
        editions, folder = self.store.bins(), self.shelf.metadata
        names, there = bin_names(len(editions)), {each.name for each in folder.iterdir()}
        wanted = [
            BinEdition(each, name, editions[each].version, instant_text(editions[each].expires))
            for each in numbers
            if (name := f"{editions[each].version}.{names[each]}.json") not in there
        ]
        with staging(folder) as stage:
            BinPress(self.store.hot_rows(), stage, self.signers.online).write_all(wanted)
            new = [each.name for each in wanted]
            stage.sync(new)
            stage.place(new)
        return frozenset(each.number for each in wanted)

    def _put(self, files: Iterable[MetadataFile], count: "_Count", *, is_named: bool) -> None:
        if isinstance(self.shelf, CreatingShelf):
            self.shelf.create((self._new(file, is_named=is_named) for file in files), count.add)
        else:
            self.shelf.put(self._missing(files, count, is_named=is_named), count.add)

    def _new(self, file: MetadataFile, *, is_named: bool) -> NewFile:
        def is_right(found: bytes) -> bool:
            if is_named and not self._is_right(file, found):
                raise self._ahead(file.name)
            return self._is_right(file, found)

        return NewFile(file.name, self._signed(file), is_right)

    def _missing(
        self, files: Iterable[MetadataFile], count: "_Count", *, is_named: bool
    ) -> Iterator[tuple[str, bytes]]:
        for file in files:
            found = self.shelf.read(file.name)
            if found is None or (not self._is_right(file, found) and not is_named):
                yield file.name, self._signed(file)
            elif self._is_right(file, found):
                count.add(1)
            else:
                raise self._ahead(file.name)

    def _put_snapshot(self, publication: Publication, count: "_Count", *, is_named: bool) -> tuple[int, str]:
        if publication.snapshot_length:
            return publication.snapshot_length, publication.snapshot_sha256
        file = self.contents.snapshot()
        self._put([file], count, is_named=is_named)
        # As it lies there: a key that does not sign deterministically may have signed it before a crash.
        data = self.shelf.read(file.name) or b""
        return len(data), sha256(data).hexdigest()

    def _timestamp(self, publication: Publication, length: int, digest: str) -> MetadataFile:
        version, expires = publication.timestamp.version, instant_text(publication.timestamp.expires)
        payload = render_timestamp(version, expires, publication.snapshot.version, length, digest)
        return MetadataFile("timestamp", version, payload)

    def _signed(self, file: MetadataFile) -> bytes:
        if not file.signatures:
            for signer in self.signers.of(file.role):
                file = file.with_signature(signer.sign(file.payload))
        return file.encode()

    def _is_right(self, file: MetadataFile, found: bytes) -> bool:
        if file.signatures:
            return found == file.encode()
        try:
            lying = decode_metadata_file(found, file.role, file.name)
        except TamperedError:
            return False
        return lying.payload == file.payload and all(each.has_signed(lying) for each in self.signers.of(file.role))

    def _published_version(self) -> int:
        found = self.shelf.read(TIMESTAMP)
        try:
            return 0 if found is None else decode_metadata_file(found, "timestamp", TIMESTAMP).version
        except TamperedError:
            return 0

    def _ahead(self, name: str) -> TamperedError:
        """What is wrong with a shelf that has another file of this name than this publication.

        Raises: StorageError (ESTALE) if another process publishes now: what lies there is its, and as it should be.
        """
        with self.store.leading():
            pass
        return TamperedError(_AHEAD, name)


def _newest_first(roots: Iterable[MetadataFile]) -> Iterable[MetadataFile]:
    """Of many roots the one that clients ask for first comes last: they see the whole chain, or nothing of it."""
    return sorted(roots, key=lambda each: each.version, reverse=True)


class _Count:
    """How far a publication has come."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch = watch
        self._total = total
        self._done = 0

    def add(self, more: int) -> None:
        """So many files more are in place."""
        self._done += more
        self._watch(self._done, self._total)

    def reach(self, done: int) -> None:
        """So many files are in place, or more, whoever put them there."""
        self.add(max(0, done - self._done))
