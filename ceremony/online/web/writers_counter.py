"""The counter of one API: changes whose callers wait until they are out, left for the writer beside it to take in."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from ceremony.errors import RefusedError
from ceremony.online.intake_rows import IntakeRows
from ceremony.online.web.desk import Asked, Receipt
from ceremony.online.web.submitting import enter_quickly, takes_quickly

TOGETHER = 512
"""So many submissions go into one transaction at most."""

Outcome = Receipt | RefusedError


class WritersCounter:
    """Safe in any thread, but for one writer. Nothing is left here before its writer has shown that it publishes."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        hand_on: Callable[[list[Asked]], None],
        answer: Callable[[Sequence[tuple[Asked, Outcome]]], None],
    ) -> None:
        """`hand_on` makes durable what the writer does not, `answer` is told what became of what it did."""
        self._clock = clock
        self._hand_on = hand_on
        self._answer = answer
        self._lock = threading.Lock()
        self._is_open = False
        self._left: list[Asked] = []
        self._taken: list[Asked] = []
        self._outcomes: list[Outcome] = []

    @property
    def has_some(self) -> bool:
        """True while something is left here."""
        return bool(self._left)

    def leave(self, asked: Sequence[Asked]) -> list[Asked]:
        """Those of these that were not left here."""
        with self._lock:
            if not self._is_open:
                return [*asked]
            self._left += [each for each in asked if each.until_out and each.submission.is_plain]
        return [each for each in asked if not (each.until_out and each.submission.is_plain)]

    def hasten(self, asked: Asked) -> None:
        """If this is left here still, the writer has too much else to do: others make it durable."""
        with self._lock:
            if asked not in self._left:
                return
            self._left.remove(asked)
        self._hand_on([asked])

    def take_in(self, rows: IntakeRows) -> None:
        """What was left is in the transaction of these rows, or refused; what takes longer others look after."""
        with self._lock:
            self._taken, self._left = self._left[:TOGETHER], self._left[TOGETHER:]
        if not self._taken:
            return
        submissions = [asked.submission for asked in self._taken]
        count = takes_quickly(rows, submissions)
        self._outcomes = enter_quickly(rows, submissions[:count], self._clock()) if count else []
        slow, self._taken = self._taken[count:], self._taken[:count]
        if slow:
            self._hand_on(slow)

    def settle(self) -> None:
        """That transaction is durable, and whoever left something there knows what became of it."""
        outcomes = [*zip(self._taken, self._outcomes, strict=True)]
        self._taken, self._outcomes = [], []
        self._answer(outcomes)

    def give_back(self) -> None:
        """What is left, or taken and not settled, others make durable; and whatever else comes until a success."""
        with self._lock:
            self._is_open = False
            back, self._left = [*self._taken, *self._left], []
            self._taken, self._outcomes = [], []
        if back:
            self._hand_on(back)

    def open(self) -> None:
        """The writer has published: what comes from now on may be left to it."""
        with self._lock:
            self._is_open = True
