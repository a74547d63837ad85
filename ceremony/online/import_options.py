"""What the verbs that read a list of targets are told of it: where it is, of which format, and the root to trust."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from ceremony.online.import_lines import LinesSource
from ceremony.online.import_simple import SimpleSource
from ceremony.online.import_source import ImportSource
from ceremony.online.import_tuf import TufSource

FORMATS = ("csv", "ndjson", "tuf", "simple")

_Verb = TypeVar("_Verb", bound=Callable[..., None])


def source_options(verb: _Verb) -> _Verb:
    """The verb takes SOURCE, --format and --root, as `source`, `form` and `root`."""
    root = click.option(
        "--root",
        type=click.Path(dir_okay=False, exists=True, path_type=Path),
        metavar="FILE",
        help="For tuf: the root to trust, from somewhere else than SOURCE.",
    )
    form = click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What SOURCE is.")
    return click.argument("source", type=click.Path(exists=True, path_type=Path))(form(root(verb)))


def source_of(path: Path, form: str, root: Path | None, now: datetime) -> ImportSource:
    """What is read from `path`; metadata of another repository is judged as of `now` (UTC).

    Raises: click.UsageError if there is a root without such metadata, or no root with it; what the source raises.
    """
    if (form == "tuf") != (root is not None):
        raise click.UsageError("--root goes with --format tuf, and has to be there")
    if form == "simple":
        return SimpleSource(path)
    return LinesSource(path, form) if root is None else TufSource(path, root, now)
