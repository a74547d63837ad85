"""Those who wait until clients can see something: told together, as soon as a publication is out that covers it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterable

from ceremony.errors import CeremonyError
from ceremony.online.store import Store
from ceremony.online.tasks import Task, covered, finished

Answer = asyncio.Future[None]


class Watchers:
    """Who waits for what; used from any thread."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._lock = threading.Lock()
        self._covers = 0
        self._changes: list[tuple[int, Answer]] = []
        self._others: list[tuple[Task, Answer]] = []

    @property
    def has_some(self) -> bool:
        """True while somebody waits."""
        return bool(self._changes or self._others)

    @property
    def has_others(self) -> bool:
        """True while somebody waits for something else than changes."""
        return bool(self._others)

    def add(self, watched: Iterable[tuple[Task, Answer]]) -> None:
        """Each of these answers is done once clients can see all of its task."""
        done: list[Answer] = []
        with self._lock:
            for task, answer in watched:
                if not task.is_plain:
                    self._others.append((task, answer))
                elif task.numbers.last <= self._covers:
                    done.append(answer)
                else:
                    self._changes.append((task.numbers.last, answer))
        settle((answer, None) for answer in done)

    def cover(self, number: int) -> None:
        """Clients can see every change up to this number."""
        with self._lock:
            self._covers = max(self._covers, number)
            done = [answer for last, answer in self._changes if last <= number]
            if done:
                self._changes = [each for each in self._changes if each[0] > number and not each[1].done()]
        settle((answer, None) for answer in done)

    def look(self, store: Store) -> None:
        """Whoever waits for what the store says is out is told; where it says nothing, the next look may."""
        with contextlib.suppress(CeremonyError):
            if self._changes:
                self.cover(covered(store))
            if self._others:
                self._look_at_others(store)

    def _look_at_others(self, store: Store) -> None:
        done = finished(store, [task for task, answer in [*self._others] if not answer.done()])
        with self._lock:
            told = [answer for task, answer in self._others if task.id in done]
            left = [each for each in self._others if each[0].id not in done]
            self._others = [each for each in left if not each[1].done()]
        settle((answer, None) for answer in told)


def settle(answers: Iterable[tuple[Answer, Exception | None]]) -> None:
    """Each of these is done, with this error or with none; its event loop, of which there is one, is woken once."""
    given = [*answers]
    if given:
        # Where the loop has ended, so has whoever asked.
        with contextlib.suppress(RuntimeError):
            given[0][0].get_loop().call_soon_threadsafe(_settle, given)


def _settle(answers: list[tuple[Answer, Exception | None]]) -> None:
    for answer, error in answers:
        if answer.done():
            continue
        if error is None:
            answer.set_result(None)
        else:
            answer.set_exception(error)
