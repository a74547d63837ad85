"""The desk at which a verb speaks to its operator: where it writes, and how it asks."""

import sys

import click
from rich.console import Console

from ceremony.errors import StoppedError

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
