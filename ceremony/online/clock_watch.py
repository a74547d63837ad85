"""Whether the clock is to be believed: it may be set, and what was signed before keeps its date."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from ceremony.online.store import Store, instant_of
from ceremony.online.tables import PUBLICATIONS

_STEP_SECONDS = 30
_AHEAD = timedelta(minutes=1)


@dataclass
class ClockWatch:
    """Compares the clock with one that only goes forward; a machine that slept has stepped too."""

    seconds: Callable[[], float]
    _offset: float | None = None

    def stepped(self, now: datetime) -> int:
        """By how many seconds the clock has stepped since the last look, below zero for back; 0 for hardly at all."""
        offset = now.timestamp() - self.seconds()
        # Measured from look to look: a clock that is led slowly to the right time has not stepped.
        step = 0.0 if self._offset is None else offset - self._offset
        self._offset = offset
        return round(step) if abs(step) >= _STEP_SECONDS else 0


def dated_ahead(store: Store, now: datetime) -> datetime | None:
    """The latest date of a publication, if it is yet to come at `now` (UTC): this clock was wrong then, or is now.

    Raises: StorageError.
    """
    with store.reading() as connection:
        latest = connection.execute(select(func.max(PUBLICATIONS.c.at))).scalar()
    if latest is None or instant_of(latest) <= now + _AHEAD:
        return None
    return instant_of(latest)
