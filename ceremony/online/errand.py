"""What every command does around its own work: the database open, one writer, the publication seen through."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from ceremony.core.policy import Policy
from ceremony.online.home import Home
from ceremony.online.keyring import Keyring
from ceremony.online.publisher import Publisher, Watch
from ceremony.online.service import publish_all, see_through
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.store import Store, open_store


@contextlib.contextmanager
def opened(home: Home) -> Iterator[Store]:
    """The database of this home, with every table that this version knows, closed afterwards.

    Raises: StorageError; TamperedError if it is no database of a signer.
    """
    with contextlib.closing(open_store(home.database)) as store:
        store.complete()
        yield store


def publisher_of(home: Home, store: Store, watch: Watch) -> Publisher:
    """The publisher of this home, with its keys; only whoever holds the writer's lock uses it.

    Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE) if the key cannot be had.
    """
    return Publisher(store, DirectoryShelf(home.repository), Keyring(home, store), Policy(), watch)


def see_out(home: Home, store: Store, is_out: Callable[[], bool], now: datetime, watch: Watch) -> None:
    """`is_out` is true: whoever serves has published it, or else this process has, at `now` (UTC).

    Raises: StorageError; TamperedError; SettingsError and RefusedError (KEY-FILE-PRIVATE) if the key cannot be had.
    """

    def publish() -> None:
        publish_all(publisher_of(home, store, watch), now)

    see_through(home, is_out, publish, threading.Event())


def is_newest_out(store: Store) -> bool:
    """True when no publication was cut short."""
    last = store.last_publication()
    return last is None or last.is_published
