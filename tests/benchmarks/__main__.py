"""`scripts/bench`: the figures of the online signer, as a table, and as JSON where a file is named."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.page import write_page
from benchmarks.plot import write_pictures
from benchmarks.programme import QUICK, WHOLE, Found, measure, names
from benchmarks.report import draw, found_in, line_of, missed, write_report
from rich.console import Console

_PRINTED_WIDTH = 200


def main() -> None:
    """A line for each figure is printed as soon as there is one, and the table at the end."""
    given = _parser().parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=_PRINTED_WIDTH)
    found = found_in(given.merge) if given.merge else _measured(given, console)
    draw(found, console)
    for line in missed(found):
        console.print(f"MISSED {line}", soft_wrap=True)
    if given.json is not None:
        write_report(found, given.json)
    if given.docs is not None:
        write_pictures(found, given.docs)
        write_page(found, given.docs / "performance.md")


def _measured(given: argparse.Namespace, console: Console) -> list[Found]:
    sizes = QUICK if given.quick else WHOLE
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="ceremony-bench-", dir=given.folder))
    room = folder / "stock" if given.folder is None else given.folder / "stock"
    found: list[Found] = []
    try:
        for each in measure(folder, room, sizes, given.only or names(sizes)):
            found.append(each)
            console.print(line_of(each), soft_wrap=True)
            if given.json is not None:
                write_report(found, given.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="draw the pictures there, and fill in its tables")
    parser.add_argument("--quick", action="store_true", help="small sizes: that it runs, not how fast")
    parser.add_argument("--only", action="extend", nargs="+", choices=names(WHOLE), help="these sections alone")
    parser.add_argument("--folder", type=Path, help="the disk to measure; stocked signers stay there for the next time")
    parser.add_argument("--merge", nargs="+", type=Path, metavar="FILE", help="measure nothing: what such files say")
    return parser


if __name__ == "__main__":
    main()
