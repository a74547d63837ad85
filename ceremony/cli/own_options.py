"""The option that says from which root on this machine trusts a repository's folder, wherever `--trusted` is said."""

from pathlib import Path

import click

PINNED = click.option(
    "--pinned",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="ROOT",
    help="A root file that you have by a way of your own, from which trust in a repository's folder begins.",
)


def refuse_lone_pin(trusted: Path | None, pinned: Path | None) -> None:
    """Nothing, unless a root is named and no folder in which trust begins from it.

    Raises: click.UsageError.
    """
    if pinned is not None and trusted is None:
        raise click.UsageError("--pinned says from which root on a folder is trusted: name that with --trusted.")
