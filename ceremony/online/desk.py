"""What every verb shares: where it writes, which moment it is, and how a publication is seen through."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click
from rich.console import Console

from ceremony.errors import StoppedError
from ceremony.online.errand import see_out
from ceremony.online.home import Home
from ceremony.online.page import Bar
from ceremony.online.store import Store

OUT = Console(soft_wrap=True)
ERR = Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """The operator is told so."""
    OUT.print(text, markup=False, highlight=False)


def refuse_no(question: str, stage: str) -> None:
    """Whoever sits at this terminal has said yes; where nobody does, nobody is asked.

    Raises: StoppedError at `stage` for anything but yes.
    """
    if not is_anybody_here():
        return
    try:
        agreed = click.confirm(question, default=False, err=True)
    except click.Abort as error:
        raise StoppedError("the operator", stage) from error
    if not agreed:
        raise StoppedError("the operator", stage)


def is_anybody_here() -> bool:
    """True where a person can read what is said, and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def see_through(home: Home, store: Store, is_out: Callable[[], bool]) -> None:
    """`is_out` is true; what takes longer than a second shows a bar.

    Raises: StorageError; TamperedError; SettingsError and RefusedError (KEY-FILE-PRIVATE) if the key cannot be had.
    """
    with Bar(ERR) as bar:
        see_out(home, store, is_out, moment(), bar.watch)


def moment() -> datetime:
    """This moment, UTC, at whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the one place where this program reads the clock
