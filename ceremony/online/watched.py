"""A serving signer under watch: what it does is timed, counted, logged and told to its supervisor."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select

from ceremony.core.plan import instant_text
from ceremony.errors import CeremonyError, StorageError
from ceremony.online.clock_watch import ClockWatch
from ceremony.online.figures import Figures
from ceremony.online.log import tell, warn
from ceremony.online.self_check import Outcome, Walk, keep_outcome
from ceremony.online.store import Publication, Store
from ceremony.online.supervisor import Supervisor
from ceremony.online.sweep import Place, sweep
from ceremony.online.tables import OFFLINE_FILES, PUBLICATIONS
from ceremony.online.trouble import TroubleNote


class Writer(Protocol):
    """Who publishes."""

    @property
    def store(self) -> Store:
        """Whose publications they are."""

    def publish(self, now: datetime) -> Publication | None:
        """Everything that waits or is due is out; None if there was nothing."""

    @property
    def is_asked(self) -> bool:
        """True when somebody waits for the publication of what is in no database yet."""

    def next_due(self) -> datetime | None:
        """When something has to be signed anew, if that is known without looking."""


class Pause(Protocol):
    """What a sleeping signer listens to."""

    def wait(self, timeout: float) -> bool:
        """True as soon as somebody asks it to stop, False when so many seconds have passed."""

    def rest(self, timeout: float) -> bool:
        """The same, whatever there is to do."""


@dataclass(frozen=True, slots=True)
class WatchedWriter:
    """A writer whose publications are timed and told."""

    writer: Writer
    figures: Figures
    supervisor: Supervisor
    note: TroubleNote
    seconds: Callable[[], float] = time.monotonic
    clock_watch: ClockWatch = field(init=False)

    def __post_init__(self) -> None:
        """The clock is compared with the one of `seconds`."""
        object.__setattr__(self, "clock_watch", ClockWatch(self.seconds))

    @property
    def store(self) -> Store:
        """Whose publications they are."""
        return self.writer.store

    @property
    def is_asked(self) -> bool:
        """True when somebody waits for the publication of what is in no database yet."""
        return self.writer.is_asked

    def next_due(self) -> datetime | None:
        """When something has to be signed anew, if that is known without looking."""
        return self.writer.next_due()

    def publish(self, now: datetime) -> Publication | None:
        """Everything that waits or is due is out; None if there was nothing.

        Raises: what the writer raises.
        """
        began = self.seconds()
        self.supervisor.beat()
        self._look_at_clock(now)
        try:
            found = self.writer.publish(now)
        except CeremonyError as error:
            self.note.begin(error, now)
            self.figures.troubled(type(error).__name__, now)
            warn("publishing failed", error=type(error).__name__, detail=str(error))
            raise
        self.note.end()
        if found is not None:
            self._tell(found, self.seconds() - began)
        return found

    def _look_at_clock(self, now: datetime) -> None:
        step = self.clock_watch.stepped(now)
        if step:
            warn("the clock stepped", seconds=step, now=instant_text(now))

    def _tell(self, publication: Publication, seconds: float) -> None:
        self.figures.published(publication, seconds)
        self.supervisor.status(f"timestamp {publication.timestamp.version}, snapshot {publication.snapshot.version}")
        tell(
            "published",
            publication=publication.number,
            snapshot=publication.snapshot.version,
            timestamp=publication.timestamp.version,
            timestamp_expires=instant_text(publication.timestamp.expires),
            microseconds=round(seconds * 1e6),
        )


@dataclass(frozen=True, slots=True)
class WatchedPause:
    """A pause that tells the supervisor, whenever it begins, that the writer still moves."""

    pause: Pause
    supervisor: Supervisor

    def wait(self, timeout: float) -> bool:
        """True as soon as somebody asks it to stop, False when so many seconds have passed."""
        self.supervisor.beat()
        return self.pause.wait(timeout)

    def rest(self, timeout: float) -> bool:
        """The same, whatever there is to do."""
        self.supervisor.beat()
        return self.pause.rest(timeout)


@dataclass(frozen=True, slots=True)
class HomeActs:
    """What upkeep does for the signer of one home; what the client finds is left for other processes to read."""

    home: Path
    walk: Walk
    place: Place

    def delivered(self) -> int:
        """The last publication that is out and brought something of keyholders'; 0 before the first.

        Raises: StorageError.
        """
        out = PUBLICATIONS.c.is_published & (PUBLICATIONS.c.number == OFFLINE_FILES.c.publication)
        query = select(func.max(OFFLINE_FILES.c.publication)).select_from(OFFLINE_FILES.join(PUBLICATIONS, out))
        with self.walk.store.reading() as connection:
            return connection.execute(query).scalar() or 0

    def check(self, now: datetime) -> Outcome | None:
        """What came of a walk of the real client; None before the first publication.

        Raises: StorageError; TamperedError.
        """
        outcome = self.walk.check(now)
        if outcome is not None:
            try:
                keep_outcome(self.home, outcome)
            except StorageError as error:
                # A full disk hides nothing: figures and log have it all the same.
                warn("self-check not kept", error=type(error).__name__, detail=str(error))
        return outcome

    def sweep(self, now: datetime, retention: timedelta) -> int:
        """How many superseded files were deleted.

        Raises: StorageError.
        """
        return sweep(self.walk.store, self.place, now, retention)
