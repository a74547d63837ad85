"""`scripts/bench`: the figures of the online signer, as a table, and as JSON where a file is named."""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison
from benchmarks.plot import draw_growth, points_of
from benchmarks.sections import batch, resign, restart, single
from benchmarks.workshop import Workshop
from rich.console import Console
from rich.table import Table

MANY_BINS = 16_384
MILLION = 1_000_000
QUICK = 2_000
GROWTH = 10_000
_PRINTED_WIDTH = 200


def measure(folder: Path, *, is_quick: bool) -> Iterator[Comparison]:
    """Every comparison, as soon as it has been measured."""
    shop = Workshop(folder / "one", QUICK if is_quick else MILLION, 64 if is_quick else MANY_BINS)
    yield from single(shop, 4 if is_quick else 200)
    yield from resign(shop, 1 if is_quick else 3)
    yield from batch(shop, 10 if is_quick else 1_000, 1 if is_quick else 9)
    yield from batch(shop, 100 if is_quick else 100_000, 1 if is_quick else 3)
    yield from restart(shop, 1 if is_quick else 3)
    shop.close()
    if is_quick:
        return
    yield from growth(folder)
    shop = Workshop(folder / "ten", 10 * MILLION, MANY_BINS)
    yield from single(shop, 200)
    yield from resign(shop, 2)
    yield from restart(shop, 3)
    shop.close()


def growth(folder: Path) -> Iterator[Comparison]:
    """One add again, with fewer bins and with fewer targets."""
    for targets, bins in (*((GROWTH, 2**bits) for bits in (8, 10, 12, 14)), (100_000, MANY_BINS)):
        shop = Workshop(folder / f"{targets}-{bins}", targets, bins)
        yield from single(shop, 60)
        shop.close()


def draw(comparisons: list[Comparison], console: Console) -> None:
    """One line for each comparison; the floor's spread tells how quiet the machine was."""
    table = Table(title="The online signer: milliseconds in the middle (at the 99th percentile)")
    for name in ("what", OURS, PLAIN, FLOOR, "plain / ours", "ours / floor", "to reach", "noise of the floor"):
        table.add_column(name, justify="left" if name in {"what", "to reach"} else "right")
    for each in comparisons:
        floor = each.of(FLOOR)
        noise = "" if floor is None else f"{floor.p10:,.2f} to {floor.p90:,.2f}"
        ratios = [each.ratio(PLAIN, OURS), each.ratio(OURS, FLOOR)]
        shown = ["" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
        title = f"{each.title}\n{each.note}" if each.note else each.title
        table.add_row(title, *(_cell(each, way) for way in (OURS, PLAIN, FLOOR)), *shown, each.goal, noise)
    console.print(table)


def _cell(comparison: Comparison, way: str) -> str:
    figure = comparison.of(way)
    return "" if figure is None else f"{figure.p50:,.2f} ({figure.p99:,.2f})"


def main() -> None:
    """The table is printed, line by line while it grows and whole at the end."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw how one add grows with the bins, as SVG")
    parser.add_argument("--quick", action="store_true", help="small sizes: that it runs, not how fast")
    parser.add_argument("--folder", type=Path, help="where the data lies meanwhile: the disk that is to be measured")
    given = parser.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=_PRINTED_WIDTH)
    folder = Path(tempfile.mkdtemp(prefix="ceremony-bench-", dir=given.folder))
    found: list[Comparison] = []
    try:
        for each in measure(folder, is_quick=given.quick):
            found.append(each)
            draw([each], console)
            if given.json is not None:
                given.json.write_text(json.dumps(_report(found), indent=1) + "\n", "utf-8")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    draw(found, console)
    if given.plot is not None:
        targets = QUICK if given.quick else GROWTH
        title = f"one add, {targets:,} targets, P-256, by the number of bins"
        given.plot.write_text(draw_growth(points_of(found, targets, "P-256"), title), "utf-8")


def _report(found: list[Comparison]) -> dict[str, object]:
    machine = {"system": platform.platform(), "python": platform.python_version(), "processors": os.cpu_count()}
    return {"machine": machine, "comparisons": [each.as_json() for each in found]}


if __name__ == "__main__":
    main()
