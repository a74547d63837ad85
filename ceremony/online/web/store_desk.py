"""The desk of a signer with one database: a thread that makes whatever was submitted meanwhile durable at once."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from datetime import datetime
from queue import Empty, SimpleQueue

from sqlalchemy import Connection

from ceremony.errors import CeremonyError, RefusedError
from ceremony.online.held import hold, release, release_paths
from ceremony.online.intake import enter
from ceremony.online.number_ranges import Numbers, numbers_of
from ceremony.online.renewal import ask_renewal
from ceremony.online.store import Store
from ceremony.online.tasks import Kind, Task, extend_task, finished, record_task, repeated_task
from ceremony.online.web.desk import Receipt, Submission

_TOGETHER = 256
_LOOK_SECONDS = 0.5
"""How often somebody who waits is looked after although nobody said that a publication is out."""

_Waiting = tuple[Submission, Future[Receipt]]


class StoreDesk:
    """A desk over a store. `ring` is called whenever there is something more for the writer."""

    def __init__(self, store: Store, clock: Callable[[], datetime], ring: Callable[[], None]) -> None:
        """Nothing is taken in before `opened`."""
        self._store = store
        self._clock = clock
        self._ring = ring
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._watchers: list[tuple[Task, Future[None]]] = []
        self._lock = threading.Lock()
        self._is_closing = False

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Submissions are taken in meanwhile; afterwards each has been answered."""
        thread = threading.Thread(target=self._run, name="desk")
        thread.start()
        try:
            yield
        finally:
            self._is_closing = True
            self.look()
            thread.join()

    def submit(self, submission: Submission) -> Future[Receipt]:
        """A receipt as soon as all of it is durable."""
        future: Future[Receipt] = Future()
        self._queue.put((submission, future))
        return future

    def watch(self, task: Task) -> Future[None]:
        """Done as soon as clients can see all of the task."""
        future: Future[None] = Future()
        with self._lock:
            self._watchers.append((task, future))
        self.look()
        return future

    def look(self) -> None:
        """Those who wait are looked after soon: a publication may be out."""
        self._queue.put(None)

    def _run(self) -> None:
        while True:
            batch, is_look = self._next_batch()
            if batch:
                self._take_in(batch)
                self._ring()
            if is_look:
                self._tell_watchers()
            if self._is_closing and self._queue.empty():
                return

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        batch: list[_Waiting] = []
        is_look = False
        try:
            found = self._queue.get(timeout=_LOOK_SECONDS if self._watchers else None)
            while True:
                if found is None:
                    is_look = True
                else:
                    batch.append(found)
                if len(batch) >= _TOGETHER:
                    break
                found = self._queue.get_nowait()
        except Empty:
            is_look = is_look or not batch
        return batch, is_look

    def _take_in(self, batch: Sequence[_Waiting]) -> None:
        outcomes: list[Receipt | RefusedError] = []
        try:
            with self._store.writing() as connection:
                outcomes = [self._outcome(connection, submission) for submission, _ in batch]
        except CeremonyError as error:
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, RefusedError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _outcome(self, connection: Connection, submission: Submission) -> Receipt | RefusedError:
        try:
            with connection.begin_nested():
                return record(connection, submission, self._clock())
        except RefusedError as refusal:
            return refusal

    def _tell_watchers(self) -> None:
        with self._lock:
            watchers, self._watchers = [each for each in self._watchers if not each[1].done()], []
        done = self._finished([task for task, _ in watchers])
        for task, future in watchers:
            if task.id in done:
                # Somebody who waits may give up at any moment, between two of our steps too.
                with contextlib.suppress(InvalidStateError):
                    future.set_result(None)
        with self._lock:
            self._watchers += [each for each in watchers if each[0].id not in done]

    def _finished(self, tasks: Sequence[Task]) -> frozenset[str]:
        try:
            return finished(self._store, tasks)
        except CeremonyError:
            return frozenset()


def record(connection: Connection, submission: Submission, now: datetime) -> Receipt:
    """The submission is in line, held or repeated, once the caller's transaction is durable.

    Raises: RefusedError, and then the caller undoes all of it.
    """
    if submission.is_continued:
        return Receipt(extend_task(connection, submission.task_id, _enter(connection, submission, now)))
    if submission.key is not None:
        found = repeated_task(connection, submission.grant.name, submission.key, submission.digest)
        if found is not None:
            return Receipt(found, is_repeated=True)
    numbers = numbers_of(()) if submission.is_held else _enter(connection, submission, now)
    renewal = ask_renewal(connection, submission.roles, now) if submission.roles else None
    task = Task(
        submission.task_id,
        submission.kind,
        submission.grant.name,
        now,
        numbers,
        renewal=renewal,
        note=submission.note,
    )
    record_task(connection, task, submission.key, submission.digest)
    if submission.is_held:
        hold(connection, submission.task_id, submission.requests, now)
    return Receipt(task)


def _enter(connection: Connection, submission: Submission, now: datetime) -> Numbers:
    if submission.kind is Kind.PUBLISH:
        return release(connection, submission.grant.covers, now)
    release_paths(connection, [request.path for request in submission.requests], now)
    return numbers_of(ticket.number for ticket in enter(connection, submission.requests, now))
