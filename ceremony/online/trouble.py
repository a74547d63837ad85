"""What keeps a signer from publishing, from the first try that failed to the next that does not; for other processes.

It is kept in the home, because `status` is a process of its own, and as long as the signer has it in hand also where
the home is full.
"""

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ceremony.core.plan import instant_text
from ceremony.core.strict_json import Json
from ceremony.engine.disk import named
from ceremony.errors import CeremonyError, StorageError
from ceremony.explain import explain
from ceremony.online.left_note import leave_note, read_note
from ceremony.online.store import instant_of

FILE = "trouble.json"
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Trouble:
    """Nothing was published since `since` (UTC), and why, in the words that the operator was told."""

    since: datetime
    title: str
    detail: str
    advice: str

    def to_json(self) -> dict[str, Json]:
        """The same for machines."""
        return {
            "advice": self.advice,
            "detail": self.detail,
            "since": instant_text(self.since),
            "title": self.title,
        }


class TroubleNote:
    """The trouble of the signer in one home. Safe in any thread."""

    def __init__(self, folder: Path) -> None:
        """What a process before this one has left is known."""
        self._folder = folder
        self._lock = threading.Lock()
        self._found = last_trouble(folder)

    @property
    def found(self) -> Trouble | None:
        """The trouble, None while there is none."""
        with self._lock:
            return self._found

    def begin(self, error: CeremonyError, now: datetime) -> None:
        """Publishing has failed; where it is not the first time, `now` is not the beginning."""
        told = explain(error)
        with self._lock:
            since = now if self._found is None else self._found.since
            trouble = Trouble(since, *(each[:_LONGEST] for each in (told.title, told.detail, told.advice)))
            if trouble != self._found:
                self._found = trouble
                # A home that is full, or can only be read, may be the trouble itself.
                with contextlib.suppress(StorageError):
                    leave_note(self._folder / FILE, trouble.to_json())

    def end(self) -> None:
        """Publishing has succeeded, or there was nothing to publish."""
        with self._lock:
            if self._found is None:
                return
            with contextlib.suppress(StorageError), named(self._folder / FILE):
                (self._folder / FILE).unlink(missing_ok=True)
            self._found = None


def last_trouble(folder: Path) -> Trouble | None:
    """The trouble of the signer in this home, None if there is none, or if nobody can read what it left.

    Raises: StorageError.
    """
    return read_note(folder / FILE, _trouble)


def _trouble(fields: Mapping[str, Json]) -> Trouble | None:
    since, title, detail, advice = fields["since"], fields["title"], fields["detail"], fields["advice"]
    if isinstance(since, str) and isinstance(title, str) and isinstance(detail, str) and isinstance(advice, str):
        return Trouble(instant_of(since), title, detail, advice)
    return None
