"""The next publication after a standing, of changes and of bins that are due: key, disk and database work together.

It is the publication that `commit.py` and `publisher.py` would make, bytes and all, and they finish it after a crash:
the intent is durable first; each file is durable before it has its name; the timestamp has its own last of all.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Self

from securesystemslib.signer import Signature

from ceremony.core.metadata_file import FOOTING, file_parts, heading
from ceremony.core.plan import instant_text
from ceremony.online.bin_press import BinPress
from ceremony.online.bins import render_bin, render_timestamp
from ceremony.online.counter import Counter
from ceremony.online.editions import Publication
from ceremony.online.hot_rows import HotRows
from ceremony.online.packs import BinEdition
from ceremony.online.staging import StagedFile, Staging, closing_on_failure
from ceremony.online.standing import Standing

TIMESTAMP = "timestamp.json"
TOGETHER = 100_000
"""So many changes become one publication at most: what is in memory meanwhile has an end."""

FEW = 8
"""Up to so many bins are synced one by one, each by a thread of its own; more of them together."""


@dataclass
class Beside:
    """What goes on in other threads; before the block ends all of it is done, and what it raised is raised."""

    pool: ThreadPoolExecutor
    futures: list[Future[object]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_ignored: object) -> None:
        wait(self.futures)
        if kind is None:
            self.join()

    def begin(self, act: Callable[..., object], *given: object) -> None:
        """Somebody does this meanwhile."""
        self.futures.append(self.pool.submit(act, *given))

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
        with Beside(self.pool) as beside:
            with self.rows.writing():
                self.counter.take_in(self.rows.intake)
                last = self.rows.last_change(TOGETHER)
                if not (last or due):
                    self._commit()
                    return None
                bins = self._intend(publication, last, due)
                is_few = len(bins) <= FEW
                files = [self._render(number) for number in bins] if is_few else []
                with Beside(self.pool) as committing:
                    committing.begin(self._commit)
                    for file in files:
                        self._write_bin(file, beside)
                    length, digest = self._write_snapshot(publication, beside)
                    # Under another name it may be there first: a journal takes in together what comes together.
                    beside.begin(self._write_timestamp, publication, length, digest)
            if not is_few:
                self._write_many(bins)
            beside.join()
            self.stage.place([*(self._name(number) for number in bins), _snapshot_name(publication), TIMESTAMP])
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

    def _write_bin(self, file: tuple[str, bytes], beside: Beside) -> None:
        name, payload = file
        signature = self.standing.signers.online.sign_unchecked(payload)
        beside.begin(self._check_and_write, name, payload, signature)

    def _check_and_write(self, name: str, payload: bytes, signature: Signature) -> None:
        self.standing.signers.online.check(signature, payload)
        self.stage.write_durably(name, file_parts(payload, signature))

    def _write_many(self, bins: list[int]) -> None:
        expires = instant_text(self._bins_expire)
        editions = [BinEdition(number, self._name(number), self.standing.versions[number], expires) for number in bins]
        press = BinPress(self.rows, self.stage, self.standing.signers.online)
        press.write_all(editions)

    def _write_snapshot(self, publication: Publication, beside: Beside) -> tuple[int, str]:
        """How long the file is, and its SHA-256; it is checked and durable once `beside` is through."""
        signer, edition = self.standing.signers.online, publication.snapshot
        payload = self.standing.snapshot.at(edition.version, instant_text(edition.expires))
        with closing_on_failure(self.stage.create(_snapshot_name(publication))) as file:
            room = self._begin_early(file, payload)
            signature = signer.sign_unchecked(payload)
            head = heading({signature.keyid: signature.signature})
            file.write([head] if len(head) == room else [head, payload, FOOTING])
            beside.begin(file.finish)
        beside.begin(signer.check, signature, payload)
        digest = sha256(head)
        digest.update(payload)
        digest.update(FOOTING)
        return len(head) + len(payload) + len(FOOTING), digest.hexdigest()

    def _begin_early(self, file: StagedFile, payload: bytearray) -> int:
        """Where the payload stands already, on its way to the disk while it is being signed; 0 if it does not."""
        digits = self.standing.signers.online.sig_hex_length
        if digits is None:
            return 0
        keyid = self.standing.signers.online.key.keyid
        room = len(heading({keyid: "0" * digits}))
        file.write([payload, FOOTING], room)
        file.begin_to_sync()
        return room

    def _write_timestamp(self, publication: Publication, length: int, digest: str) -> None:
        edition = publication.timestamp
        expires = instant_text(edition.expires)
        payload = render_timestamp(edition.version, expires, publication.snapshot.version, length, digest)
        self.stage.write_durably(TIMESTAMP, file_parts(payload, self.standing.signers.online.sign(payload)))


def _snapshot_name(publication: Publication) -> str:
    return f"{publication.snapshot.version}.snapshot.json"
