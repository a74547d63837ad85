"""The signer's life: open, recover, publish what waits and what is due, sleep until there is more, drain, close."""

import errno
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ceremony.core.bin_delegation import lifetimes_of
from ceremony.core.signed import targets_of
from ceremony.errors import StorageError
from ceremony.online.claiming import has_waiting
from ceremony.online.delivery_rows import waiting_delivery
from ceremony.online.import_taking import waits_to_be_taken
from ceremony.online.intake import waiting_count
from ceremony.online.listing import ends_of
from ceremony.online.renewal import waits_anew
from ceremony.online.schedule import next_due
from ceremony.online.store import Publication, Store

POLL_SECONDS = 0.2
"""How often a sleeping signer looks for requests: two reads of an indexed row, 0.2 ms in all."""

WAIT_SECONDS = 0.05
PATIENCE_SECONDS = 120.0
TROUBLE_SECONDS = 1.0
TROUBLE_MOST_SECONDS = 60.0
"""A disk or database that refuses is asked again after a moment, then after twice as long, and so on up to this."""

_FAR = datetime.max.replace(tzinfo=UTC)

Clock = Callable[[], datetime]


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
        """True as soon as somebody asks it to stop, False when so many seconds have passed, or there is work to do."""

    def rest(self, timeout: float) -> bool:
        """The same, whatever there is to do."""


class Waiting(Protocol):
    """What somebody does between two looks."""

    def wait(self, timeout: float) -> bool:
        """So many seconds have passed."""


class Right(Protocol):
    """The right to publish, which one process has at a time."""

    def trying_to_write(self) -> AbstractContextManager[bool]:
        """True inside if this process has it meanwhile, False if another does."""


class Listener(Protocol):
    """Who hears what a signer does."""

    def published(self, publication: Publication) -> None:
        """This is out."""

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it; the signer will try again."""


def serve(publisher: Writer, clock: Clock, pause: Pause, listener: Listener, window: timedelta = timedelta(0)) -> None:
    """Until `pause` says stop: whatever waits is published, whatever is due signed anew; then what waits is drained.

    Changes wait until `window` has passed since the last publication, and are published together; releases do not wait.
    A disk that refuses is no end: the signer says so, keeps what it acknowledged, and tries again, less and less often.
    Raises: TamperedError if the shelf is ahead of the database; StorageError if the disk refuses at the very end, or
    another process has taken the lease (ESTALE).
    """
    is_stopping, opens, refusals = False, time.monotonic(), 0
    while not is_stopping:
        try:
            began = time.monotonic()
            is_out, refusals = _publish(publisher, clock(), listener), 0
            if is_out:
                opens = began + window.total_seconds()
            # Callers may ask for more without a pause: the order to stop has to be heard all the same.
            is_stopping = pause.wait(0) if is_out and not window else _idle(publisher, clock, pause, opens)
        except StorageError as error:
            if error.reason == errno.errorcode[errno.ESTALE]:
                # Another process publishes now: this one has to begin anew, and to wait for its turn.
                raise
            listener.troubled(error)
            refusals += 1
            is_stopping = pause.rest(_patience(refusals))
    publish_all(publisher, clock(), listener)


def publish_all(publisher: Writer, now: datetime, listener: Listener | None = None) -> None:
    """Nothing waits and nothing is due; `listener`, if there is one, has heard of each publication.

    Raises: StorageError; TamperedError.
    """
    while _publish(publisher, now, listener):
        pass


def see_through(right: Right, is_out: Callable[[], bool], publish: Callable[[], object], pause: Waiting) -> None:
    """`is_out` is true: the serving process has published it, or, if none serves, `publish` has.

    Raises: StorageError (ETIMEDOUT) if another process has the right and does not publish; what `publish` raises.
    """
    for _ in range(int(PATIENCE_SECONDS / WAIT_SECONDS)):
        if is_out():
            return
        with right.trying_to_write() as is_writer:
            if is_writer:
                publish()
        if is_out():
            return
        pause.wait(WAIT_SECONDS)
    raise StorageError("the right to publish", errno.errorcode[errno.ETIMEDOUT])


def wake_time(store: Store) -> datetime:
    """The next moment at which something is to be signed anew; the end of time while nothing was delivered."""
    tree, last = store.tree(), store.last_publication()
    if last is None:
        return _FAR
    return next_due(ends_of(store, tree, last), lifetimes_of(targets_of(tree.files["bins"])))


def _publish(publisher: Writer, now: datetime, listener: Listener | None) -> bool:
    """True if there was something to publish, which is out and told."""
    publication = publisher.publish(now)
    if publication is not None and listener is not None:
        listener.published(publication)
    return publication is not None


def _patience(refusals: int) -> float:
    """For how many seconds nothing is asked of a disk that has refused so many times in a row."""
    longest = min(TROUBLE_MOST_SECONDS, TROUBLE_SECONDS * 2.0 ** min(refusals - 1, 16))
    # Machines that share a database do not all come back to it at once.
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # no secret: nobody gains by knowing it


def _idle(publisher: Writer, clock: Clock, pause: Pause, opens: float) -> bool:
    """True if somebody asked to stop before there was something to publish."""
    return _sleep(publisher, clock, pause) or _hold(publisher.store, opens, pause)


def _sleep(publisher: Writer, clock: Clock, pause: Pause) -> bool:
    store = publisher.store
    until, began = publisher.next_due() or wake_time(store), clock()
    # A clock that was set back says nothing any more of what is due: that is looked up again.
    while began <= clock() < until:
        if pause.wait(POLL_SECONDS):
            return True
        store.check_lease()
        store.check_file()
        if publisher.is_asked or _has_work(store):
            return False
    return pause.wait(0)


def _has_work(store: Store) -> bool:
    if not store.database.is_shared:
        rows = store.hot_rows()
        return rows.last_change(1) > 0 or rows.has_other_work()
    if waiting_count(store) or waiting_delivery(store) or has_waiting(store) or waits_to_be_taken(store):
        return True
    return waits_anew(store)


def _hold(store: Store, opens: float, pause: Pause) -> bool:
    """True if somebody asked to stop before the window opened. A release opens it at once."""
    while (left := opens - time.monotonic()) > 0 and waiting_delivery(store) is None:
        if pause.wait(min(left, POLL_SECONDS)):
            return True
    return False
