"""What every verb shares: where it writes, which moment it is, and how a publication is seen through."""

from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Console

from ceremony.online.errand import see_out
from ceremony.online.home import Home
from ceremony.online.page import Bar
from ceremony.online.store import Store

OUT = Console(soft_wrap=True)
ERR = Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """The operator is told so."""
    OUT.print(text, markup=False, highlight=False)


def see_through(home: Home, store: Store, is_out: Callable[[], bool]) -> None:
    """`is_out` is true; what takes longer than a second shows a bar.

    Raises: StorageError; TamperedError; SettingsError and RefusedError (KEY-FILE-PRIVATE) if the key cannot be had.
    """
    with Bar(ERR) as bar:
        see_out(home, store, is_out, moment(), bar.watch)


def moment() -> datetime:
    """This moment, UTC, at whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the one place where this program reads the clock
