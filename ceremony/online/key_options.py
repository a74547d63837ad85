"""The options of every verb that makes an online key, or points to one that exists."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from ceremony.online.key import SCHEMES

_Verb = TypeVar("_Verb", bound=Callable[..., object])


def key_options(verb: _Verb) -> _Verb:
    """The verb with --scheme, --key-uri and --public-key."""
    file = click.Path(dir_okay=False, exists=True, path_type=Path)
    for option in (
        click.option("--public-key", type=file, metavar="FILE", help="Its public half, in PEM."),
        click.option(
            "--key-uri", metavar="URI", help="A key that exists already: a securesystemslib URI (needs --public-key)."
        ),
        click.option(
            "--scheme", type=click.Choice(SCHEMES), default=SCHEMES[0], show_default=True, help="Of the online key."
        ),
    ):
        verb = option(verb)
    return verb


def refuse_half(key_uri: str | None, public_key: Path | None) -> None:
    """Nothing, if a key is pointed to by both options or by neither.

    Raises: click.UsageError.
    """
    if (key_uri is None) != (public_key is None):
        raise click.UsageError("--key-uri and --public-key go together")
