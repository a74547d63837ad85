"""Being the one who publishes: the lock of the home, then the lease of the database, kept until it is given back."""

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ceremony.errors import StorageError
from ceremony.online.home import Home
from ceremony.online.lease import LEASE_SECONDS, Hold, is_free, release, renew, take_lease
from ceremony.online.store import Store

_RENEWALS = 4
"""How often a lease is renewed before it would end: three words of four may be lost."""

STANDBY_SECONDS = 1.0


class Fenced(Protocol):
    """A shelf that can be closed to whoever published before."""

    def fence(self) -> int:
        """The highest number under which anybody has published."""

    def raise_fence(self, number: int) -> None:
        """Nobody with a lower number publishes from now on."""


class Pause(Protocol):
    """What somebody who waits listens to."""

    def rest(self, timeout: float) -> bool:
        """True as soon as somebody asks it to stop, False when so many seconds have passed, whatever there is to do."""


@dataclass(frozen=True, slots=True)
class Leading:
    """The right to publish for one signer, which one process of all has at a time."""

    home: Home
    store: Store
    shelf: Fenced

    @contextlib.contextmanager
    def trying_to_write(self) -> Iterator[bool]:
        """True inside if this process is the one writer meanwhile, False if another is.

        Raises: StorageError.
        """
        with self.home.trying_to_write() as is_alone:
            hold = self._take() if is_alone else None
            if hold is None:
                yield False
                return
            with self._kept(hold):
                yield True

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """This process is the one writer meanwhile.

        Raises: StorageError (EBUSY if another process is).
        """
        with self.trying_to_write() as is_writer:
            if not is_writer:
                raise StorageError(str(self.home.lock), errno.errorcode[errno.EBUSY])
            yield

    @contextlib.contextmanager
    def awaiting(self, pause: Pause, troubled: Callable[[StorageError], None]) -> Iterator[bool]:
        """True inside as soon as this process is the one writer, False if `pause` said stop before.

        Whoever stands by outlives a database or shelf that is away: `troubled` hears of it, once for each reason. In a
        database of one machine nobody waits: there another writer is a mistake.
        Raises: StorageError (EBUSY if another process of this home is the writer).
        """
        if not self.store.database.is_shared:
            with self.writing():
                yield True
            return
        told = ""
        while True:
            with contextlib.ExitStack() as right:
                try:
                    is_writer, reason = right.enter_context(self.trying_to_write()), ""
                except StorageError as error:
                    is_writer, reason = False, error.reason
                    if reason != told:
                        troubled(error)
                told = reason
                if is_writer:
                    yield True
                    return
            if pause.rest(STANDBY_SECONDS):
                yield False
                return

    def _take(self) -> Hold | None:
        with self.store.reading() as connection:
            if not is_free(connection, self.store.database):
                return None
        least = self.shelf.fence()
        with self.store.writing() as connection:
            hold = take_lease(connection, _holder(), least, self.store.database)
        if hold is not None:
            try:
                # Before anything is published: whoever published before may still be at it, and be slow.
                self.shelf.raise_fence(hold.number)
            except StorageError:
                self._give_back(hold)
                raise
        return hold

    @contextlib.contextmanager
    def _kept(self, hold: Hold) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._renew, args=(hold, over), name="lease", daemon=True)
        self.store.hold, self.store.has_lost = hold, False
        if self.store.database.is_shared:
            thread.start()
        try:
            yield
        finally:
            over.set()
            if thread.is_alive():
                thread.join()
            self.store.hold = None
            self._give_back(hold)

    def _renew(self, hold: Hold, over: threading.Event) -> None:
        while not over.wait(LEASE_SECONDS / _RENEWALS):
            # A database that is away comes back, or the lease ends; who publishes learns of either by itself.
            try:
                with self.store.touching() as connection:
                    renew(connection, hold, self.store.database)
            except StorageError as error:
                if error.reason == errno.errorcode[errno.ESTALE]:
                    self.store.has_lost = True
                    return

    def _give_back(self, hold: Hold) -> None:
        # Where this fails, the lease ends by itself.
        with contextlib.suppress(StorageError), self.store.touching() as connection:
            release(connection, hold)


def _holder() -> str:
    return f"{socket.gethostname()[:64]}, process {os.getpid()}"
