"""Publications of changes of targets, and of bins that fall due, alone, where machines share a database.

What is remembered from one to the next is held against the database in the transaction of the intent itself, in which
nobody else writes: the lease is the same, and the newest publication the one that was made here, or read. In any doubt
nothing is recorded and all of it is forgotten; then everything is read anew, the long way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.errors import StorageError
from ceremony.online.bins import render_bin
from ceremony.online.changes_alone import Keys
from ceremony.online.contents import Contents
from ceremony.online.editions import Publication
from ceremony.online.keyring import Signers
from ceremony.online.lease import Hold
from ceremony.online.next_key import is_lost
from ceremony.online.quick_publication import TOGETHER
from ceremony.online.standing import Standing, read_standing
from ceremony.online.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ceremony.online.postgresql_hot_rows import Look, Newest, PostgresHotRows

_AT_ONCE = 64
"""So many bins are in memory at once."""


class DoubtError(Exception):
    """What was remembered is not how things are; nothing was recorded."""


class Prepared(Protocol):
    """What is needed of a shelf before anything is put there."""

    def prepare(self) -> None:
        """The place is ready, and clear of what a killed writer left."""


Write = Callable[[Publication, Signers, Contents], tuple[int, str]]
"""Puts a publication out and marks it so; gives the length and the SHA-256 of its snapshot's file."""


@dataclass(frozen=True, slots=True)
class _Known:
    """How things stood after the newest publication, under which lease, and what its row says."""

    standing: Standing
    newest: "Newest"
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class RememberedContents:
    """The files of a publication of bins alone: versions as remembered, entries as the rows have them at one moment."""

    store: Store
    standing: Standing
    publication: Publication
    numbers: Sequence[int]
    bins_expire: datetime
    offline: Sequence[MetadataFile] = ()
    others: int = 0

    def before_bins(self) -> Iterator[MetadataFile]:
        """None comes with it."""
        yield from ()

    def bins(self, numbers: Sequence[int]) -> Iterator[MetadataFile]:
        """The bins of these numbers, in this order.

        Raises: StorageError (ESTALE if another process has gone on from here: entries would be those of its bins).
        """
        expires, standing = instant_text(self.bins_expire), self.standing
        for start in range(0, len(numbers), _AT_ONCE):
            chunk = numbers[start : start + _AT_ONCE]
            with self.store.reading() as connection:
                rows = _rows(connection)
                look, found = rows.look(1), rows.entries(chunk)
            if look is None or (look.newest.number, look.newest.is_published) != (self.publication.number, False):
                raise StorageError(self.store.database.name, "ESTALE")
            for number in chunk:
                version = standing.versions[number]
                payload = render_bin(version, expires, [found.get(number, b"")])
                yield MetadataFile(standing.names[number], version, payload)

    def snapshot(self) -> MetadataFile:
        """The snapshot."""
        edition = self.publication.snapshot
        payload = self.standing.snapshot.at(edition.version, instant_text(edition.expires))
        return MetadataFile("snapshot", edition.version, bytes(payload))


class SharedChanges:
    """Whoever publishes asks here first; it remembers how things stand, and forgets it at the first doubt."""

    def __init__(self, store: Store, shelf: Prepared, keys: Keys, write: Write) -> None:
        """Nothing is read before something is to be published."""
        self._store = store
        self._shelf = shelf
        self._keys = keys
        self._write = write
        self._known: _Known | None = None

    def are_all(self, now: datetime) -> bool:
        """True when at `now` (UTC) nothing else seems to be published than changes and bins, if there are any.

        Raises: StorageError; TamperedError.
        """
        look = self._look()
        known = None if look is None or look.has_other_work else self._stand(look)
        if look is None or known is None or known.standing.roles_due <= now:
            return False
        # Snapshot and timestamp come with whatever changes below them; alone they are not our business.
        standing = known.standing
        return not standing.are_heads_due(now) or bool(standing.bins_due(now) or look.last_change)

    def publish(self, now: datetime) -> Publication | None:
        """Changes that wait and bins that are due are out, `are_all` being true; None if there were none.

        Raises: DoubtError if that is not true any more; StorageError, and then nothing acknowledged is lost;
        TamperedError if the shelf is ahead of the store.
        """
        known, look = self._known, self._look()
        # Whatever goes wrong, what is remembered is in doubt until it is out.
        self._known = None
        if known is None or look is None or known.newest != look.newest:
            raise DoubtError
        due = known.standing.bins_due(now)
        if not (look.last_change or due):
            self._known = known
            return None
        return self._publish(known, due, now)

    def next_due(self) -> datetime | None:
        """When something has to be signed anew; None if that has to be looked up."""
        return None if self._known is None else self._known.standing.due

    def _publish(self, known: _Known, due: Sequence[int], now: datetime) -> Publication:
        standing = known.standing
        publication = standing.next_publication(now)
        expires = now + standing.lifetimes["bin-n"]
        with self._store.leading() as connection:
            rows = _rows(connection)
            last = self._last_change(rows, known, due)
            fence = rows.record(publication)
            numbers = _renew(rows, standing, publication.number, last, due, expires)
        contents = RememberedContents(self._store, standing, publication, numbers, expires)
        length, digest = self._write(publication, standing.signers, contents)
        out = replace(publication, snapshot_length=length, snapshot_sha256=digest, is_published=True, covers=last)
        standing.publication = out
        newest = known.newest._replace(
            number=out.number,
            fence=fence,
            snapshot_version=out.snapshot.version,
            snapshot_sha256=digest,
            timestamp_version=out.timestamp.version,
        )
        self._known = _Known(standing, newest, known.hold)
        return out

    def _last_change(self, rows: "PostgresHotRows", known: _Known, due: Sequence[int]) -> int:
        """The number of the last change that is taken in, 0 for none; what is known is so until the transaction ends.

        Raises: DoubtError.
        """
        look = rows.look(TOGETHER)
        # Nobody else writes here any more: what is so now is so when the intent is durable.
        if look is None or look.has_other_work or (look.newest, self._store.hold) != (known.newest, known.hold):
            raise DoubtError
        if not (look.last_change or due):
            raise DoubtError
        return look.last_change

    def _look(self) -> "Look | None":
        with self._store.reading() as connection:
            return _rows(connection).look(1)

    def _stand(self, look: "Look") -> _Known | None:
        hold = self._store.hold
        if self._known is None or (self._known.newest, self._known.hold) != (look.newest, hold):
            self._known = self._read(look.newest, hold)
        return self._known

    def _read(self, newest: "Newest", hold: Hold | None) -> _Known | None:
        last = self._store.last_publication()
        if last is None or last.number != newest.number or not last.is_published or is_lost(self._store):
            return None
        signers = self._keys.signers(last.number + 1)
        if signers.beside:
            return None
        self._shelf.prepare()
        # What is read in several transactions belongs together if, in that of the intent, this still is the newest.
        return _Known(read_standing(self._store, signers, last), newest, hold)


def _renew(  # noqa: PLR0913, PLR0917  # what an intent is made of
    rows: "PostgresHotRows", standing: Standing, publication: int, last: int, due: Sequence[int], expires: datetime
) -> list[int]:
    """The numbers of the bins that change, in order; the transaction holds them, the standing knows them.

    Raises: DoubtError where the rows had them at other versions than the standing.
    """
    taken = rows.take(last, publication, len(standing.versions)) if last else set()
    numbers = sorted(taken.union(due))
    standing.renew(numbers, expires)
    if not rows.renew([(number, standing.versions[number]) for number in numbers], expires, publication):
        raise DoubtError
    return numbers


def _rows(connection: "Connection") -> "PostgresHotRows":
    # A signer on one machine needs no driver for PostgreSQL, and may not have one.
    from ceremony.online.postgresql_hot_rows import PostgresHotRows  # noqa: PLC0415

    return PostgresHotRows(connection)
