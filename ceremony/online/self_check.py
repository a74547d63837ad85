"""The real client follows what was published, from the first root on, like somebody who comes for the first time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from ceremony.core.plan import instant_text
from ceremony.core.strict_json import Json
from ceremony.errors import RehearsalError
from ceremony.online.left_note import leave_note, read_note
from ceremony.online.projects import registrations
from ceremony.online.store import Store, instant_of
from ceremony.online.tables import TARGETS

FILE = "self-check.json"
_TRIES = 3
_BETWEEN_SECONDS = 1.0
_BINS = 4
_PRIME = 7_919
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one walk at `at` (UTC): where the client stopped, and why, both "" where it did not.

    `publication` is the newest one when it set out.
    """

    at: datetime
    publication: int
    seconds: float
    stopped_at: str = ""
    reason: str = ""

    @property
    def is_good(self) -> bool:
        """True when the client took everything."""
        return not self.stopped_at

    def to_json(self) -> dict[str, Json]:
        """The same for machines; milliseconds, as canonical JSON has no fractions."""
        return {
            "at": instant_text(self.at),
            "good": self.is_good,
            "milliseconds": round(self.seconds * 1000),
            "publication": self.publication,
            "reason": self.reason,
            "stopped_at": self.stopped_at,
        }


@dataclass(frozen=True, slots=True)
class Walk:
    """How a client gets at what is published: `read` gives the shelf's files by name, where no `url` is to be asked."""

    store: Store
    read: Callable[[str], bytes | None]
    url: str = ""
    sleep: Callable[[float], None] = time.sleep
    seconds: Callable[[], float] = time.monotonic

    def check(self, now: datetime) -> Outcome | None:
        """What came of a walk; None before the first publication.

        What fails is tried again, since publications go on meanwhile; what fails every time is told.
        Raises: StorageError; TamperedError if the database cannot be read.
        """
        last = self.store.last_publication()
        if last is None or not self.store.trusted_roots():
            return None
        began = self.seconds()
        for _ in range(_TRIES):
            try:
                self._walk(last.number)
            except RehearsalError as error:
                stopped = error
                self.sleep(_BETWEEN_SECONDS)
            else:
                return Outcome(now, last.number, self.seconds() - began)
        return Outcome(now, last.number, self.seconds() - began, stopped.role[:_LONGEST], stopped.reason[:_LONGEST])

    def _walk(self, publication: int) -> None:
        from ceremony.engine import rehearsal  # noqa: PLC0415 - it brings the client along, which few verbs need

        root, targets = self.store.trusted_roots()[0].encode(), sample(self.store, publication)
        with rehearsal.workspace() as cache:
            if self.url:
                found = rehearsal.find(self.url, root, cache, targets)
            else:
                found = rehearsal.find_in(self.read, root, cache, targets)
        # Of what a project has taken over, bins may name paths that clients no longer look for there.
        is_alone = not (self.store.tree().projects or any(each.is_delegated for each in registrations(self.store)))
        missing = [each for each in targets if each not in found]
        if missing and is_alone:
            raise RehearsalError(missing[0], "the metadata does not list it")


def sample(store: Store, publication: int) -> tuple[str, ...]:
    """Some targets out of several bins, others each time: of bins that came last, and of any."""
    count = len(store.bins())
    newest = store.bins_of(publication)[:_BINS]
    others = [(publication * _PRIME + place * count // _BINS) % count for place in range(_BINS)] if count else []
    found = []
    for number in dict.fromkeys((*newest, *others)):
        query = select(TARGETS.c.path).where(TARGETS.c.bin == number).limit(1)
        with store.reading() as connection:
            found.append(connection.execute(query).scalar())
    return tuple(each for each in found if each is not None)


def keep_outcome(folder: Path, outcome: Outcome) -> None:
    """Other processes can read what came of it.

    Raises: StorageError.
    """
    leave_note(folder / FILE, outcome.to_json())


def last_outcome(folder: Path) -> Outcome | None:
    """What came of the last walk, None if there was none, or if nobody can read what it left.

    Raises: StorageError.
    """
    return read_note(folder / FILE, _outcome)


def _outcome(fields: Mapping[str, Json]) -> Outcome | None:
    at, publication, milliseconds = fields["at"], fields["publication"], fields["milliseconds"]
    stopped_at, reason = fields["stopped_at"], fields["reason"]
    if isinstance(at, str) and type(publication) is int and type(milliseconds) is int:
        return Outcome(instant_of(at), publication, milliseconds / 1000, str(stopped_at), str(reason))
    return None
