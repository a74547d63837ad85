"""Publications of changes of targets, and of bins that fall due, alone: what happens all day, and has to be quick."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Protocol

from ceremony.core.metadata_file import decode_metadata_file
from ceremony.errors import TamperedError
from ceremony.online.counter import Counter
from ceremony.online.editions import Publication
from ceremony.online.hot_rows import HotRows, move_log
from ceremony.online.keyring import Signers
from ceremony.online.next_key import is_lost
from ceremony.online.quick_publication import FEW, TIMESTAMP, QuickPublication
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.staging import staging
from ceremony.online.standing import Standing, read_standing
from ceremony.online.store import Store

_MOVED_ROWS = 2_048
"""After so many written rows the write-ahead log is moved into the database. Its length would say nothing: once all of
it has been moved, it is written over from its beginning."""


class Keys(Protocol):
    """What a publisher needs of the online keys."""

    def signers(self, publication: int) -> Signers:
        """Who signs this publication."""


class ChangesAlone:
    """Whoever publishes asks here first; it remembers how things stand, and forgets it at the first doubt."""

    def __init__(self, store: Store, shelf: DirectoryShelf, keys: Keys, counter: Counter) -> None:
        """Nothing is read before something is to be published."""
        self._store = store
        self._shelf = shelf
        self._keys = keys
        self._counter = counter
        self._standing: Standing | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._moved = 0

    def forget(self) -> None:
        """How things stand is read again the next time."""
        self._standing = None

    def are_all(self, now: datetime) -> bool:
        """True when at `now` (UTC) nothing else is to be published than changes and bins, if there are any.

        Raises: StorageError; TamperedError if the shelf is ahead of the store.
        """
        standing = self._stand()
        if standing is None or standing.roles_due <= now or self._rows().has_other_work():
            return False
        # Snapshot and timestamp come with whatever changes below them; alone they are not our business.
        return not standing.are_heads_due(now) or self._has_changes() or bool(standing.bins_due(now))

    def publish(self, now: datetime) -> Publication | None:
        """Changes that wait and bins that are due are out, `are_all` being true; None if there were none.

        Raises: StorageError, and then nothing acknowledged is lost; TamperedError.
        """
        standing = self._standing
        due = [] if standing is None else standing.bins_due(now)
        if standing is None or not (due or self._has_changes()):
            self._rows().helping.rest()
            return None
        # Whatever goes wrong, what is remembered is in doubt until it is out.
        self._standing = None
        with self._shelf.doubting(), staging(self._shelf.metadata) as stage:
            quick = QuickPublication(self._rows(), stage, standing, self._threads(), now, self._counter)
            publication = quick.publish(due)
        self._standing = standing
        self._move_log()
        return publication

    def next_due(self) -> datetime | None:
        """When something has to be signed anew; None if that has to be looked up."""
        return None if self._standing is None else self._standing.due

    def _has_changes(self) -> bool:
        return self._counter.has_some or self._rows().last_change(1) > 0

    def _rows(self) -> HotRows:
        return self._store.hot_rows()

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(FEW + 5, "publishing")
        return self._pool

    def _move_log(self) -> None:
        written = self._rows().written
        if written - self._moved >= _MOVED_ROWS:
            self._moved = written
            # Beside what comes next: it waits for the disk, and nobody waits for it.
            self._threads().submit(move_log, self._rows().database)

    def _stand(self) -> Standing | None:
        if self._standing is None or not self._rows().is_last(self._standing.publication.number):
            self._standing = self._read()
        return self._standing

    def _read(self) -> Standing | None:
        last = self._store.last_publication()
        if last is None or not last.is_published or is_lost(self._store):
            return None
        signers = self._keys.signers(last.number + 1)
        if signers.beside:
            return None
        self._shelf.prepare()
        if self._shelved_version() > last.timestamp.version:
            raise TamperedError("a newer one than the signer's database knows: was an old one restored?", TIMESTAMP)
        return read_standing(self._store, signers, last)

    def _shelved_version(self) -> int:
        found = self._shelf.read(TIMESTAMP)
        try:
            return 0 if found is None else decode_metadata_file(found, "timestamp", TIMESTAMP).version
        except TamperedError:
            return 0
