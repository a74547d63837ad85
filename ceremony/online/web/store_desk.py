"""The desk of a signer with one database: a thread that makes whatever was submitted meanwhile durable at once."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from queue import Empty, SimpleQueue

from ceremony.errors import CeremonyError, RefusedError
from ceremony.online.store import Publication, Store
from ceremony.online.tasks import Task
from ceremony.online.web.desk import Asked, Submission
from ceremony.online.web.submitting import enter_quickly, outcome, takes_quickly
from ceremony.online.web.watchers import Watchers, settle
from ceremony.online.web.writers_counter import TOGETHER, Outcome, WritersCounter

_LOOK_SECONDS = 0.05
"""How often somebody who waits is looked after where nobody says that a publication is out: another process may be the
writer."""

_DURABLE_SECONDS = 0.1


class StoreDesk:
    """A desk over a store. `ring` is called whenever there is something more for the writer.

    At its `counter` callers who wait until something is out leave it for the writer of this very process.
    """

    def __init__(
        self, store: Store, clock: Callable[[], datetime], ring: Callable[[], None], *, has_counter: bool = False
    ) -> None:
        """Nothing is taken in before `opened`."""
        self._store = store
        self._clock = clock
        self._ring = ring
        self._queue: SimpleQueue[list[Asked] | None] = SimpleQueue()
        self._asked: list[Asked] = []
        self._watchers = Watchers()
        self._is_closing = False
        self.counter = WritersCounter(clock, self._queue.put, self._tell) if has_counter else None

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Submissions are taken in meanwhile; afterwards each has been answered."""
        thread = threading.Thread(target=self._run, name="desk")
        thread.start()
        try:
            yield
        finally:
            self._is_closing = True
            self._queue.put(None)
            thread.join()

    def submit(self, submission: Submission, *, until_out: bool = False) -> Asked:
        """The submission is under way."""
        loop = asyncio.get_running_loop()
        asked = Asked(submission, until_out, loop.create_future())
        if not self._asked:
            # What comes in one turn of the loop goes into one transaction: callers who were answered together ask so.
            loop.call_soon(self._hand_in)
        self._asked.append(asked)
        return asked

    def watch(self, task: Task) -> "asyncio.Future[None]":
        """Done as soon as clients can see all of the task."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.add([(task, answer)])
        self._queue.put(None)
        return answer

    def published(self, publication: Publication) -> None:
        """Those who waited for this publication are told, in the thread of whoever has published it."""
        if publication.covers:
            self._watchers.cover(publication.covers)
        if not publication.covers or self._watchers.has_others:
            self._queue.put(None)
        if self.counter is not None:
            self.counter.open()

    def hasten(self, asked: Asked) -> None:
        """Whoever asked is answered as soon as this is durable, and if it is not out by then, it is late."""
        if asked.answer.done():
            return
        if asked.receipt is None:
            # Until it is durable or refused there is nothing true to say.
            if self.counter is not None:
                self.counter.hasten(asked)
            asked.answer.get_loop().call_later(_DURABLE_SECONDS, self.hasten, asked)
            return
        asked.is_late = True
        asked.answer.set_result(None)

    def _hand_in(self) -> None:
        asked, self._asked = self._asked, []
        others = asked if self.counter is None else self.counter.leave(asked)
        if others:
            self._queue.put(others)
        if len(others) < len(asked):
            self._ring()

    def left_alone(self) -> None:
        """The writer publishes nothing for now: whatever was left for it is made durable here."""
        if self.counter is not None:
            self.counter.give_back()

    def _run(self) -> None:
        while True:
            batch, is_look = self._next_batch()
            if batch:
                self._take_in(batch)
            if is_look:
                self._watchers.look(self._store)
            if self._is_closing and self._queue.empty():
                return

    def _next_batch(self) -> tuple[list[Asked], bool]:
        batch: list[Asked] = []
        is_look = False
        try:
            found = self._queue.get(timeout=_LOOK_SECONDS if self._watchers.has_some else None)
            while True:
                if found is None:
                    is_look = True
                else:
                    batch.extend(found)
                if len(batch) >= TOGETHER:
                    break
                found = self._queue.get_nowait()
        except Empty:
            is_look = is_look or not batch
        return batch, is_look

    def _take_in(self, batch: Sequence[Asked]) -> None:
        left = deque(batch)
        try:
            while left:
                self._answer(self._quickly(left) or self._slowly(left))
        except CeremonyError as error:
            settle((asked.answer, error) for asked in left)

    def _quickly(self, left: deque[Asked]) -> list[tuple[Asked, Outcome]]:
        """What became of the first of these, durably, as far as they are plain; those are left no more."""
        if not left[0].submission.is_plain:
            return []
        submissions = [asked.submission for asked in left]
        with self._store.entering() as rows:
            count = takes_quickly(rows, submissions)
            outcomes = enter_quickly(rows, submissions[:count], self._clock()) if count else []
        return [(left.popleft(), found) for found in outcomes]

    def _slowly(self, left: deque[Asked]) -> list[tuple[Asked, Outcome]]:
        """What became of all of them, durably, whatever they are."""
        with self._store.writing() as connection:
            found = [(asked, outcome(connection, asked.submission, self._clock())) for asked in left]
        left.clear()
        return found

    def _answer(self, outcomes: Sequence[tuple[Asked, Outcome]]) -> None:
        self._ring()
        self._tell(outcomes)

    def _tell(self, outcomes: Sequence[tuple[Asked, Outcome]]) -> None:
        done: list[tuple[asyncio.Future[None], Exception | None]] = []
        watched: list[tuple[Task, asyncio.Future[None]]] = []
        for asked, found in outcomes:
            if isinstance(found, RefusedError):
                done.append((asked.answer, found))
                continue
            asked.receipt = found
            if asked.until_out:
                watched.append((found.task, asked.answer))
            else:
                done.append((asked.answer, None))
        self._watchers.add(watched)
        settle(done)
