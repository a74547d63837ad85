"""How much at once: a bucket of calls for each grant, and a count of those under way."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ceremony.errors import RefusedError
from ceremony.online.web.settings import Limits

_GRANTS_MAX = 10_000


class TooSoonError(Exception):
    """A call too many; `seconds` from now there is room again."""

    def __init__(self, refusal: RefusedError, seconds: int) -> None:
        super().__init__(refusal, seconds)
        self.refusal = refusal
        self.seconds = seconds


@dataclass
class Pace:
    """Used from one thread. Buckets hold `burst` calls and fill with `rate` calls a second."""

    limits: Limits
    seconds: Callable[[], float]
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    _under_way: int = 0

    def take(self, name: str) -> None:
        """One call more by the grant of this name.

        Raises: TooSoonError (RATE-LIMIT).
        """
        now = self.seconds()
        left, at = self._buckets.get(name, (float(self.limits.burst), now))
        left = min(float(self.limits.burst), left + (now - at) * self.limits.rate)
        if left < 1:
            found = f"more than {self.limits.rate} calls a second by {name}"
            wait = math.ceil((1 - left) / self.limits.rate)
            raise TooSoonError(RefusedError("RATE-LIMIT", found, "fewer calls, or more in one"), wait)
        if len(self._buckets) >= _GRANTS_MAX:
            self._buckets.clear()
        self._buckets[name] = (left - 1, now)

    def __enter__(self) -> None:
        """One call more is under way, until the end of the block.

        Raises: TooSoonError (LOAD-LIMIT).
        """
        if self._under_way >= self.limits.concurrent:
            found = f"{self._under_way} calls under way"
            raise TooSoonError(RefusedError("LOAD-LIMIT", found, f"at most {self.limits.concurrent}"), 1)
        self._under_way += 1

    def __exit__(self, *_: object) -> None:
        self._under_way -= 1
