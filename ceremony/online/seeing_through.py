"""How verbs see a publication through: whoever is at work does it, and people see how far it is."""

from collections.abc import Callable

from ceremony.online.clock import moment
from ceremony.online.desk import ERR
from ceremony.online.errand import see_out
from ceremony.online.home import Home
from ceremony.online.page import Bar
from ceremony.online.store import Store


def see_through(home: Home, store: Store, is_out: Callable[[], bool]) -> None:
    """`is_out` is true; what takes longer than a second shows a bar.

    Raises: StorageError; TamperedError; SettingsError and RefusedError (KEY-FILE-PRIVATE) if the key cannot be had.
    """
    with Bar(ERR) as bar:
        see_out(home, store, is_out, moment(), bar.watch)
