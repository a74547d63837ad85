"""The verb for the day after a compromise: compare, which holds what is listed here against a record kept apart."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from ceremony.engine.disk import new_file
from ceremony.online.bringing_back import Added, bring_back, check_added
from ceremony.online.clock import moment
from ceremony.online.compare_page import comparison_to_json, draw_comparison, waiting_words, write_report
from ceremony.online.compare_rows import Kind
from ceremony.online.comparing import Comparison, Totals, compared
from ceremony.online.desk import ERR, OUT, refuse_no, say
from ceremony.online.home import Home
from ceremony.online.import_options import source_of, source_options
from ceremony.online.import_source import ImportSource
from ceremony.online.opening import opened
from ceremony.online.page import Bar
from ceremony.online.seeing_through import see_through
from ceremony.online.store import Store


@click.command(short_help="Hold the targets against a record kept apart.")
@source_options
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"]),
    metavar="TIME",
    help="For tuf: judge what has expired as of then, in UTC: 2030-01-31T12:00:00Z, or a day.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write every difference into a new FILE, a line of JSON each.",
)
@click.option("--restore", is_flag=True, help="Ask for the changes that bring targets back to the record.")
@click.option(
    "--added",
    type=click.Choice([each.value for each in Added]),
    help="With --restore: what becomes of targets that the record does not have.",
)
@click.pass_obj
def compare(  # noqa: PLR0913, PLR0917  # click passes one argument for each option
    home: Home,
    source: Path,
    form: str,
    root: Path | None,
    at: datetime | None,
    as_json: bool,  # noqa: FBT001  # click's way
    report: Path | None,
    restore: bool,  # noqa: FBT001  # click's way
    added: str | None,
) -> None:
    """Hold the targets of this signer against SOURCE, the last record of them that is known to be good.

    \b
      csv     lines of path;size;hash-type;hash
      ndjson  lines of {"path": ..., "info": {"length": ..., "hashes": {...}}}
      tuf     a consistent snapshot: a copy of published metadata, this signer's own too
      simple  a copy of a simple index, HTML or JSON

    Exit status 1 if anything differs. With --restore, what is changed or missing is published again as the record has
    it; at a terminal you are asked first. What was added since the record may be honest: --added says what becomes of
    it. The content of targets is not touched.
    """  # noqa: D301  # click wants the control character itself: it keeps a paragraph's lines as they are
    if added is not None and not restore:
        raise click.UsageError("--added goes with --restore")
    if at is not None and form != "tuf":
        raise click.UsageError("--at goes with --format tuf")
    found = source_of(source, form, root, moment() if at is None else at.replace(tzinfo=UTC))
    with opened(home) as store, _told(store, found, report) as comparison:
        if as_json:
            click.echo(json.dumps(comparison_to_json(comparison), indent=1, sort_keys=True))
        else:
            draw_comparison(OUT, comparison)
        if not restore or comparison.totals.are_same:
            sys.exit(0 if comparison.totals.are_same else 1)
        _restore(home, store, comparison, Added(added) if added else None, _aside if as_json else say)


@contextlib.contextmanager
def _told(store: Store, source: ImportSource, report: Path | None) -> Iterator[Comparison]:
    """The comparison, of which the report is durable."""
    with contextlib.ExitStack() as stack:
        # A name that is taken, or a folder that is not there, is found before hours of reading.
        with contextlib.nullcontext() if report is None else new_file(report) as file:
            with Bar(ERR, what="reading") as bar:
                comparison = stack.enter_context(compared(store, source, bar.watch))
            if file is not None:
                write_report(file, comparison)
        yield comparison


def _restore(
    home: Home, store: Store, comparison: Comparison, added: Added | None, tell: Callable[[str], None]
) -> None:
    check_added(comparison, added)
    refuse_no(_question(comparison.totals, added), "restoring")
    done = bring_back(store, comparison, added, moment())
    tell(f"Acknowledged: changes to restore {done.requests} targets.")
    see_through(home, store, lambda: done.is_out(store))
    tell("Published. The content of these targets has to be there too: `ceremony-online check --targets` reads it.")
    if waiting_words(comparison.totals):
        tell("What waited before is published by now: compare once more.")


def _question(totals: Totals, added: Added | None) -> str:
    kinds = totals.kinds
    back = f"{kinds[Kind.CHANGED]} changed and {kinds[Kind.MISSING]} missing targets go back to the record"
    left = f"{kinds[Kind.ADDED]} added ones {'are removed' if added is Added.REMOVE else 'stay'}"
    return f"{back}; {left}. Publish that?"


def _aside(text: str) -> None:
    ERR.print(text, markup=False, highlight=False)
