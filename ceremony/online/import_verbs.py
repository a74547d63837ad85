"""The verbs for many targets at once: import, and advise, which tells how many bins they want."""

from pathlib import Path

import click
from rich import box
from rich.table import Table

from ceremony.core.bins_advice import BIN_COUNTS, best_bins, update_bytes
from ceremony.online.clock import moment
from ceremony.online.desk import ERR, OUT, say
from ceremony.online.home import Home
from ceremony.online.import_options import source_of, source_options
from ceremony.online.import_rows import is_imported, sweep_imports
from ceremony.online.importing import ImportWish, import_all
from ceremony.online.opening import opened
from ceremony.online.page import Bar
from ceremony.online.seeing_through import see_through

_FEWEST_SHOWN = 256


@click.command(name="import", short_help="Import many targets and publish them.")
@source_options
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="List lines that are refused in FILE, and import the others.",
)
@click.option("--anew", is_flag=True, help="Forget what was read of SOURCE by an import that was broken off.")
@click.option("--no-wait", is_flag=True, help="Be content with the acknowledgement: it will be published.")
@click.pass_obj
def import_verb(  # noqa: PLR0913, PLR0917  # click passes one argument for each option
    home: Home,
    source: Path,
    form: str,
    root: Path | None,
    refused: Path | None,
    anew: bool,  # noqa: FBT001  # click's way
    no_wait: bool,  # noqa: FBT001  # click's way
) -> None:
    """Import the targets of SOURCE, and publish them together. Their files stay where they are.

    \b
      csv     lines of path;size;hash-type;hash
      ndjson  lines of {"path": ..., "info": {"length": ..., "hashes": {...}}}
      tuf     the metadata folder of another TUF repository
      simple  a copy of a simple index, HTML or JSON

    It may be stopped at any time: the same command goes on where it ended. Without --refused, it stops at the first
    line that breaks a rule, and says which; nothing is published before everything was read.
    """  # noqa: D301  # click wants the control character itself: it keeps a paragraph's lines as they are
    found = source_of(source, form, root, moment())
    with opened(home) as store:
        with Bar(ERR, what="reading") as bar:
            done = import_all(store, found, ImportWish(refused, is_anew=anew), moment(), bar.watch)
        left_out = f", {done.refused} refused (see {refused})" if done.refused else ""
        say(f"Acknowledged: {done.targets} targets of {source}{left_out}.")
        if not no_wait:
            see_through(home, store, lambda: is_imported(store, done.number))
            sweep_imports(store)
            say("Published.")


@click.command(short_help="Tell how many bins so many targets want.")
@click.argument("targets", type=click.IntRange(1, 1 << 40))
@click.option(
    "--changed",
    type=click.IntRange(1, 100_000),
    default=1,
    show_default=True,
    help="How many targets a client fetches at each of its updates.",
)
def advise(targets: int, changed: int) -> None:
    """Tell what an update costs a client of so many TARGETS, by number of bins: a plan names the number.

    Count the targets of the end, not those of today: another number of bins is a ceremony.
    """
    best = best_bins(targets, changed)
    table = Table("bins", "what one update costs", "", box=box.SIMPLE)
    for count in (each for each in BIN_COUNTS if each >= min(_FEWEST_SHOWN, best)):
        cost = f"{update_bytes(targets, count, changed) / 1000:,.0f} kB"
        table.add_row(str(count), cost, "smallest" if count == best else "", style="bold" if count == best else "")
    OUT.print(table)
    say(f"{best} bins for {targets:,} targets.")
