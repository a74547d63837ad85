"""How the signer stands, for whoever asks over HTTP: looked up in the store, and told without holding anybody up."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ceremony.core.plan import instant_text
from ceremony.online.figures import Figures, read_store
from ceremony.online.intake import waiting_count
from ceremony.online.self_check import Outcome
from ceremony.online.status import RoleStatus, role_statuses
from ceremony.online.store import Store
from ceremony.online.trouble import Trouble
from ceremony.online.web.models import Readiness, RoleReadiness, SelfCheckReadiness

_FRESH_SECONDS = 1.0


@dataclass
class StatusWatch:
    """What the store says of the signer's readiness, at most a second old: anybody may ask, as often as they like.

    `counted` is what the signer counts while it serves; without it there is what the store says, and no more. `looked`
    says what the real client found last, None before it has looked; `troubled` what keeps the writer from publishing.
    """

    store: Store
    clock: Callable[[], datetime]
    seconds: Callable[[], float] = time.monotonic
    counted: Figures | None = None
    looked: Callable[[], Outcome | None] = lambda: None
    troubled: Callable[[], Trouble | None] = lambda: None
    _found: Readiness | None = None
    _at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def readiness(self) -> Readiness:
        """How ready the signer is.

        Raises: StorageError.
        """
        with self._lock:
            if self._found is None or self.seconds() - self._at > _FRESH_SECONDS:
                self._found = readiness(self.store, self.clock(), self.looked(), self.troubled())
                self._at = self.seconds()
            return self._found

    def figures(self) -> tuple[bytes, str]:
        """All figures in the text format of Prometheus, and its content type."""
        counted = self.counted or Figures(lambda: read_store(self.store, self.clock()))
        return counted.text()


class StatusLookout:
    """A watch whose looks hold up no event loop."""

    def __init__(self, watch: StatusWatch) -> None:
        """Each look is a thread's."""
        self._watch = watch

    async def readiness(self) -> Readiness:
        """How ready the signer is.

        Raises: StorageError.
        """
        return await asyncio.to_thread(self._watch.readiness)

    async def figures(self) -> tuple[bytes, str]:
        """All figures in the text format of Prometheus, and its content type.

        Raises: StorageError.
        """
        return await asyncio.to_thread(self._watch.figures)


def readiness(store: Store, now: datetime, outcome: Outcome | None = None, trouble: Trouble | None = None) -> Readiness:
    """How ready the signer is at `now` (UTC).

    `outcome` is what the real client found last, `trouble` what keeps the writer from publishing.
    Raises: StorageError.
    """
    roles = role_statuses(store, now)
    reasons = [f"{each.role} has expired" for each in roles if each.is_expired]
    reasons += [] if roles else ["nothing was delivered yet"]
    reasons += [] if outcome is None or outcome.is_good else [f"the real client stopped at {outcome.stopped_at}"]
    # Not what it is: anybody may ask.
    reasons += [] if trouble is None else [f"nothing can be published since {instant_text(trouble.since)}"]
    shown = {each.role: _role(each) for each in roles}
    looked = None if outcome is None else _looked(outcome)
    waiting = waiting_count(store)
    return Readiness(ready=not reasons, reasons=reasons, roles=shown, waiting=waiting, self_check=looked)


def _looked(outcome: Outcome) -> SelfCheckReadiness:
    # Not the reason: anybody may ask, and it may name places of this machine.
    return SelfCheckReadiness(instant_text(outcome.at), outcome.is_good, outcome.publication, outcome.stopped_at)


def _role(status: RoleStatus) -> RoleReadiness:
    return RoleReadiness(status.version, instant_text(status.expires), status.seconds_left)
