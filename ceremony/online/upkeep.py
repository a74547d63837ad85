"""What a serving signer does beside publishing: the real client looks, superseded files go. No writer waits for it.

Whatever fails here is in the log, in the figures and in `status`; what was acknowledged is published all the same.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ceremony.errors import CeremonyError
from ceremony.online.log import tell, warn
from ceremony.online.self_check import Outcome
from ceremony.online.settings import Settings

_STEP_SECONDS = 0.5
_AGAIN_SECONDS = 60.0
"""When the real client looks again after it stopped, whatever its schedule: it may have been the way to it."""


class Acts(Protocol):
    """What there is to do."""

    def delivered(self) -> int:
        """The last publication that is out and brought something of keyholders'; 0 before the first."""

    def check(self, now: datetime) -> Outcome | None:
        """What came of a walk of the real client; None before the first publication."""

    def sweep(self, now: datetime, retention: timedelta) -> int:
        """How many superseded files were deleted."""


class Hearer(Protocol):
    """Who counts what came of it."""

    def checked(self, outcome: Outcome) -> None:
        """The real client has looked."""

    def swept(self, files: int) -> None:
        """So many superseded files are gone."""

    def troubled(self, kind: str, now: datetime) -> None:
        """Something went wrong."""


@dataclass
class Upkeep:
    """A thread of its own, for as long as a signer serves. `crash` keeps a traceback that nobody foresaw."""

    acts: Acts
    hearer: Hearer
    settings: Settings
    clock: Callable[[], datetime]
    crash: Callable[[], object]
    seconds: Callable[[], float] = time.monotonic
    _stop: threading.Event = field(default_factory=threading.Event)
    _due: dict[str, float] = field(default_factory=dict)
    _delivered: int = -1

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """It is done meanwhile; what is under way at the end is finished first."""
        thread = threading.Thread(target=self._run, name="upkeep")
        self.plan()
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def plan(self) -> None:
        """The client looks soon, and superseded files go soon: a signer may have stood still for long."""
        if self.settings.self_check.every is not None:
            self._due["check"] = self.seconds()
        if self.settings.prune_every is not None:
            self._due["sweep"] = self.seconds()

    def step(self) -> None:
        """What is due is done; after a delivery the client looks, whatever its schedule."""
        self._try("looking for deliveries", self._look)
        for name, act, every in (
            ("check", self._check, self.settings.self_check.every),
            ("sweep", self._sweep, self.settings.prune_every),
        ):
            if name in self._due and self.seconds() >= self._due[name]:
                # Its next time stands before it is done: a delivery meanwhile asks for another.
                del self._due[name]
                if every is not None:
                    self._due[name] = self.seconds() + every.total_seconds()
                self._try(name, act)

    def _run(self) -> None:
        while not self._stop.wait(_STEP_SECONDS):
            self.step()

    def _try(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except CeremonyError as error:
            self.hearer.troubled(type(error).__name__, self.clock())
            warn(f"{name} failed", error=type(error).__name__, detail=str(error))
        except Exception as error:  # noqa: BLE001  # a thread's front door: publishing goes on, whatever happens here
            self.crash()
            self.hearer.troubled(type(error).__name__, self.clock())
            warn(f"{name} failed", error=type(error).__name__)

    def _look(self) -> None:
        found = self.acts.delivered()
        if found > self._delivered >= 0:
            self._due["check"] = self.seconds()
        self._delivered = found

    def _check(self) -> None:
        outcome = self.acts.check(self.clock())
        if outcome is None:
            return
        self.hearer.checked(outcome)
        if not outcome.is_good:
            again = self.seconds() + _AGAIN_SECONDS
            self._due["check"] = min(again, self._due.get("check", again))
        (tell if outcome.is_good else warn)("self-check", **outcome.to_json())

    def _sweep(self) -> None:
        files = self.acts.sweep(self.clock(), self.settings.retention)
        self.hearer.swept(files)
        if files:
            tell("pruned", files=files)
