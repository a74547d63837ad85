"""What commands do around their own work: one writer, and the publication seen through."""

import threading
from collections.abc import Callable
from datetime import datetime

from ceremony.core.policy import Policy
from ceremony.online.counter import Counter, NoCounter
from ceremony.online.home import Home
from ceremony.online.keyring import Keyring
from ceremony.online.leading import Leading
from ceremony.online.publisher import Publisher, Watch
from ceremony.online.service import publish_all, see_through
from ceremony.online.shelf_place import open_shelf
from ceremony.online.store import Store


def leading_of(home: Home, store: Store) -> Leading:
    """The right to publish for this home.

    Raises: StorageError; SettingsError.
    """
    return Leading(home, store, open_shelf(home))


def publisher_of(home: Home, store: Store, watch: Watch, counter: Counter | None = None) -> Publisher:
    """The publisher of this home, with its keys; only whoever holds the writer's lock uses it.

    What is left at the `counter`, if there is one, it publishes too.
    Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE) if the key cannot be had.
    """
    number = 0 if store.hold is None else store.hold.number
    return Publisher(store, open_shelf(home, number), Keyring(home, store), Policy(), watch, counter or NoCounter())


def see_out(home: Home, store: Store, is_out: Callable[[], bool], now: datetime, watch: Watch) -> None:
    """`is_out` is true: whoever serves has published it, or else this process has, at `now` (UTC).

    Raises: StorageError; TamperedError; SettingsError and RefusedError (KEY-FILE-PRIVATE) if the key cannot be had.
    """

    def publish() -> None:
        publish_all(publisher_of(home, store, watch), now)

    see_through(leading_of(home, store), is_out, publish, threading.Event())


def is_newest_out(store: Store) -> bool:
    """True when no publication was cut short."""
    last = store.last_publication()
    return last is None or last.is_published
