"""The API beside the signer's writer: who hears what of whom, and who ends first."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rich.console import Console
from rich.markup import escape

from ceremony.errors import StorageError
from ceremony.online.counter import Counter
from ceremony.online.figures import Figures
from ceremony.online.home import Home
from ceremony.online.self_check import Outcome
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.shelf_place import open_shelf
from ceremony.online.store import Publication, Store
from ceremony.online.trouble import Trouble
from ceremony.online.web.addresses import address_of, leave, listening
from ceremony.online.web.front_process import FrontProcess
from ceremony.online.web.line import Start
from ceremony.online.web.lookout import StatusLookout, StatusWatch
from ceremony.online.web.settings import ApiSettings
from ceremony.online.web.store_desk import StoreDesk
from ceremony.online.web.tls import tls_context
from ceremony.online.web.waiting_front import WaitingFront

Clock = Callable[[], datetime]

_STEP_SECONDS = 0.2


class Stop(Protocol):
    """What a signal sets."""

    def is_set(self) -> bool:
        """True once the signer is to stop."""

    def wait(self, timeout: float) -> bool:
        """The same, after so many seconds at most."""


class Server(Protocol):
    """Who answers callers."""

    on_end: Callable[[], None]
    """Called when it has ended."""

    @property
    def is_over(self) -> bool:
        """True when it has ended."""

    def start(self) -> None:
        """It answers, from soon on."""

    def stop(self) -> None:
        """It ends when the calls under way are answered. Safe in a signal handler."""

    def join(self) -> None:
        """It has ended.

        Raises: whatever ended it, if nobody told it to stop.
        """


class Listener(Protocol):
    """Who hears what the writer does."""

    def published(self, publication: Publication) -> None:
        """This is out."""

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""


class Bell:
    """What the writer sleeps by: it wakes when something was handed in, and stops when the API has ended."""

    def __init__(self, stop: Stop) -> None:
        """Without an API, it stops when `stop` is set."""
        self._stop = stop
        self._rung = threading.Event()
        self._server: Server | None = None

    def ring(self) -> None:
        """The writer has something to do."""
        self._rung.set()

    def serve_beside(self, server: Server) -> None:
        """From now on the writer stops when this server has: those who wait for a publication get it."""
        self._server = server

    def wait(self, timeout: float) -> bool:
        """True as soon as the writer is to stop, False when so many seconds have passed, or somebody rang."""
        if self._server is None:
            return self._stop.wait(timeout)
        left = timeout
        while left > 0 and not self._is_over(self._server):
            # In steps, because a signal sets `stop` and rings no bell.
            if self._rung.wait(min(left, _STEP_SECONDS)):
                self._rung.clear()
                break
            left -= _STEP_SECONDS
        return self._is_over(self._server)

    def rest(self, timeout: float) -> bool:
        """The same, whoever rings."""
        if self._server is None:
            return self._stop.wait(timeout)
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0 and not self._is_over(self._server):
            # Once the order to stop is there, only the server's end is awaited.
            (time.sleep if self._stop.is_set() else self._stop.wait)(min(left, _STEP_SECONDS))
        return self._is_over(self._server)

    def _is_over(self, server: Server) -> bool:
        if self._stop.is_set():
            server.stop()
        return server.is_over


class Relay:
    """A listener who passes on what it hears, after those who wait for a publication have heard of it."""

    def __init__(self, listener: Listener, desk: StoreDesk) -> None:
        """The `desk` hears of everything before `listener` does."""
        self._listener = listener
        self._desk = desk

    def published(self, publication: Publication) -> None:
        """This is out."""
        self._desk.published(publication)
        self._listener.published(publication)

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""
        self._desk.left_alone()
        self._listener.troubled(error)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the front door lends: its clock, its stop, who hears of publications, and where tracebacks are kept.

    `looked` says what the real client found last, `troubled` what keeps the writer from publishing.
    """

    clock: Clock
    stop: Stop
    listener: Listener
    crash: Callable[[str], object]
    figures: Figures | None = None
    looked: Callable[[], Outcome | None] = lambda: None
    troubled: Callable[[], Trouble | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Serving:
    """What a serving signer hands to its writer, and where its API listens: nowhere, if there is none."""

    pause: Bell
    listener: Listener
    addresses: tuple[str, ...]
    settings: ApiSettings
    counter: Counter | None = None


def announce(console: Console, serving: Serving) -> None:
    """People know where the API listens, and, loudly, if it is open."""
    if serving.addresses:
        console.print(f"API at {', '.join(serving.addresses)}", markup=False, highlight=False)
        warn(console, serving.settings)


def warn(console: Console, settings: ApiSettings) -> None:
    """People know it, loudly, if these settings open the API."""
    if settings.warning:
        console.print(f"[bold white on red] {escape(settings.warning)} [/]", highlight=False)


@contextlib.contextmanager
def api_beside(
    store: Store, home: Home, settings: ApiSettings, around: Surroundings, waiting: WaitingFront | None = None
) -> Iterator[Serving]:
    """The API answers meanwhile, if it has an address; the writer has what it is given here to sleep by and to tell.

    It does so in a process of its own, where one is `waiting`, or else in a thread.
    Raises: StorageError if an address is taken, or a process of its own has died; SettingsError; whatever ended the API
    before its time.
    """
    bell = Bell(around.stop)
    if not settings.listen:
        yield Serving(bell, around.listener, (), settings)
        return
    # Other shelves, and databases that others share, have no transaction to take anything in with.
    is_quick = isinstance(open_shelf(home), DirectoryShelf) and not store.database.is_shared
    desk = StoreDesk(store, around.clock, bell.ring, has_counter=is_quick)
    watch = StatusWatch(store, around.clock, counted=around.figures, looked=around.looked, troubled=around.troubled)
    lookout = StatusLookout(watch)
    if settings.tls is not None:
        # Whoever starts the signer hears of it, not a log.
        tls_context(settings.tls)
    sockets = listening(settings.listen)
    addresses = tuple(address_of(each) for each in sockets)
    if waiting is None:
        # A signer whose front is a process of its own loads no web server.
        from ceremony.online.web.front import Front  # noqa: PLC0415

        front = Front(home, store, settings, desk, lookout, around.clock, around.crash)
        server: Server = front.in_thread(sockets)
    else:
        server = FrontProcess(Start(os.getpid(), home.folder, settings), sockets, waiting, desk, lookout)
    server.on_end = bell.ring
    with desk.opened():
        server.start()
        bell.serve_beside(server)
        try:
            yield Serving(bell, Relay(around.listener, desk), addresses, settings, desk.counter)
        finally:
            desk.left_alone()
            server.stop()
            try:
                server.join()
            finally:
                leave(settings.listen)
