"""The next publication after a standing, of changes and of bins that are due: key, disk and database work together.

It is the publication that `commit.py` and `publisher.py` would make, bytes and all, and they finish it after a crash:
the intent is durable first; each file is durable before it has its name; the timestamp has its own last of all.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, ParamSpec, Self, TypeVar

from ceremony.core.metadata_file import FOOTING, file_parts, heading
from ceremony.core.plan import instant_text
from ceremony.online.bin_press import BinPress
from ceremony.online.bins import render_bin, render_timestamp
from ceremony.online.counter import Counter
from ceremony.online.editions import Publication
from ceremony.online.hot_rows import HotRows
from ceremony.online.packs import BinEdition
from ceremony.online.staging import StagedFiles, Staging
from ceremony.online.standing import Standing

_P = ParamSpec("_P")
_T = TypeVar("_T")

TIMESTAMP = "timestamp.json"
TOGETHER = 100_000
"""So many changes become one publication at most: what is in memory meanwhile has an end."""

FEW = 8
"""Up to so many bins are signed by a thread each and synced one by one; more of them together."""


@dataclass
class Beside:
    """What goes on in other threads; before the block ends all of it is done, and what it raised is raised."""

    pool: ThreadPoolExecutor
    futures: list[Future[Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_ignored: object) -> None:
        wait(self.futures)
        if kind is None:
            self.join()

    def begin(self, act: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> Future[_T]:
        """Somebody does this meanwhile."""
        future = self.pool.submit(act, *given, **named)
        self.futures.append(future)
        return future

    def join(self) -> None:
        """All of it is done; whatever it raised is raised."""
        for each in self.futures:
            each.result()


@dataclass(frozen=True, slots=True)
class QuickPublication:
    """What is to become the newest publication, and where; used once."""

    rows: HotRows
    stage: Staging
    standing: Standing
    pool: ThreadPoolExecutor
    now: datetime
    counter: Counter

    def publish(self, due: Sequence[int] = ()) -> Publication | None:
        """Changes that wait, and bins that are due, are out; the standing is the new publication's.

        None if nothing waits: what was left at the counter was refused, or out already.
        Raises: StorageError; TamperedError. Then the standing is good for nothing any more.
        """
        publication = self.standing.next_publication(self.now)
        with self.stage.files() as files, Beside(self.pool) as checking:
            with self.rows.writing():
                self.counter.take_in(self.rows.intake)
                last = self.rows.last_change(TOGETHER)
                if not (last or due):
                    self._commit()
                    return None
                bins = self._intend(publication, last, due)
                is_few = len(bins) <= FEW
                rendered = [self._render(number) for number in bins] if is_few else []
                with Beside(self.pool) as writing:
                    writing.begin(self._commit)
                    for name, payload in rendered:
                        writing.begin(self._write, files, name, payload)
                    length, digest = self._write_snapshot(publication, files, writing, checking)
                    # Under another name it may be there first.
                    self._write_timestamp(publication, length, digest, files, checking)
            names = [*(self._name(number) for number in bins), _snapshot_name(publication), TIMESTAMP]
            if is_few:
                files.finish()
            else:
                self._write_many(bins)
                self.stage.sync(names)
            checking.join()
            self.stage.place(names)
        self.rows.mark_published(publication.number, length, digest)
        out = replace(publication, snapshot_length=length, snapshot_sha256=digest, is_published=True, covers=last)
        self.standing.publication = out
        return out

    def _commit(self) -> None:
        # At once: what fails beside it, or after it, undoes nothing of what was taken in.
        self.rows.commit()
        self.counter.settle()

    def _intend(self, publication: Publication, last: int, due: Sequence[int]) -> list[int]:
        """The numbers of the bins that change, in order; the transaction holds the intent, the standing knows it."""
        standing = self.standing
        self.rows.record(publication)
        taken = self.rows.take(last, publication.number, len(standing.versions)) if last else set()
        bins = sorted(taken.union(due))
        standing.renew(bins, self._bins_expire)
        new = [(number, standing.versions[number]) for number in bins]
        self.rows.renew(new, self._bins_expire, publication.number)
        return bins

    @property
    def _bins_expire(self) -> datetime:
        return self.now + self.standing.lifetimes["bin-n"]

    def _name(self, number: int) -> str:
        return f"{self.standing.versions[number]}.{self.standing.names[number]}.json"

    def _render(self, number: int) -> tuple[str, bytes]:
        entries = self.rows.entries(number)
        payload = render_bin(self.standing.versions[number], instant_text(self._bins_expire), [entries])
        return self._name(number), payload

    def _write(self, files: StagedFiles, name: str, payload: bytes) -> None:
        """The file is on its way to the disk beside its name, its signature verified."""
        signature = self.standing.signers.online.sign(payload)
        files.begin(name, file_parts(payload, signature))

    def _write_many(self, bins: list[int]) -> None:
        expires = instant_text(self._bins_expire)
        editions = [BinEdition(number, self._name(number), self.standing.versions[number], expires) for number in bins]
        press = BinPress(self.rows, self.stage, self.standing.signers.online)
        press.write_all(editions)

    def _write_snapshot(
        self, publication: Publication, files: StagedFiles, writing: Beside, checking: Beside
    ) -> tuple[int, str]:
        """How long the file is, and its SHA-256; it is checked, and on its way to the disk, once these two are through.

        Where the length of a signature is known, it is on its way while it is being signed.
        """
        signer, edition, name = self.standing.signers.online, publication.snapshot, _snapshot_name(publication)
        payload = self.standing.snapshot.at(edition.version, instant_text(edition.expires))
        begun = None
        if signer.sig_hex_length is not None:
            room = len(heading({signer.key.keyid: "0" * signer.sig_hex_length}))
            begun = writing.begin(files.begin, name, [payload, FOOTING], room)
        signature = signer.sign_unchecked(payload)
        checking.begin(signer.check, signature, payload)
        head = heading({signature.keyid: signature.signature})
        if begun is None:
            writing.begin(files.begin, name, [head, payload, FOOTING])
        else:
            # Of another length it would be no signature, and the check would say so.
            begun.result().write([head])
        digest = sha256(head)
        digest.update(payload)
        digest.update(FOOTING)
        return len(head) + len(payload) + len(FOOTING), digest.hexdigest()

    def _write_timestamp(
        self, publication: Publication, length: int, digest: str, files: StagedFiles, checking: Beside
    ) -> None:
        """It is on its way to the disk beside its name, and checked once `checking` is through."""
        signer, edition = self.standing.signers.online, publication.timestamp
        expires = instant_text(edition.expires)
        payload = render_timestamp(edition.version, expires, publication.snapshot.version, length, digest)
        signature = signer.sign_unchecked(payload)
        checking.begin(signer.check, signature, payload)
        files.begin(TIMESTAMP, file_parts(payload, signature))


def _snapshot_name(publication: Publication) -> str:
    return f"{publication.snapshot.version}.snapshot.json"
