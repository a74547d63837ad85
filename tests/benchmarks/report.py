"""What the bench found, as a table for a person, as JSON, and as JSON of several runs together."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.downloads import Download
from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison, Figure, comparison_from
from benchmarks.programme import Found
from rich.console import Console
from rich.table import Table

_LEFT = frozenset({"what", "to reach"})


def draw(found: Sequence[Found], console: Console) -> None:
    """One line for each comparison, then what clients download; the floor's spread tells how quiet the machine was."""
    table = Table(title="The online signer: milliseconds in the middle (at the 99th percentile)")
    for name in ("what", OURS, PLAIN, FLOOR, "plain / ours", "ours / floor", "to reach", "noise of the floor"):
        table.add_column(name, justify="left" if name in _LEFT else "right")
    for each in found:
        if isinstance(each, Comparison):
            _add_comparison(table, each)
        else:
            table.add_row(f"one update, {each.asked} of {each.targets:,} targets in {each.bins:,} bins", _size(each))
    console.print(table)


def line_of(each: Found) -> str:
    """What was found, on one line."""
    if isinstance(each, Download):
        return f"one update, {each.asked} of {each.targets:,} targets in {each.bins:,} bins: {_size(each)}"
    ways = ", ".join(f"{figure.way} {_said(figure)} ms" for figure in each.figures)
    return "; ".join([f"{each.title}: {ways}", *map(str, each.goals), *([each.note] if each.note else [])])


def missed(found: Sequence[Found]) -> list[str]:
    """What was to be reached and was not, one line each."""
    judged = [(each.title, goal) for each in found if isinstance(each, Comparison) for goal in each.goals]
    return [f"{title}: {goal}" for title, goal in judged if not goal.is_reached]


def report_of(found: Sequence[Found]) -> dict[str, Any]:
    """All of it, for a file; `found_in` does it backwards."""
    machine = {"system": platform.platform(), "python": platform.python_version(), "processors": os.cpu_count()}
    comparisons = [each.as_json() for each in found if isinstance(each, Comparison)]
    updates = [asdict(each) for each in found if isinstance(each, Download)]
    return {"machine": machine, "comparisons": comparisons, "downloads": updates, "missed": missed(found)}


def write_report(found: Sequence[Found], file: Path) -> None:
    """All of it is in the file."""
    file.write_text(json.dumps(report_of(found), indent=1) + "\n", "utf-8")


def found_in(files: Sequence[Path]) -> list[Found]:
    """What these files say together; of what several say, what the last one does."""
    comparisons: dict[str, Comparison] = {}
    updates: dict[tuple[int, int, int], Download] = {}
    for number, file in enumerate(files):
        said: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
        for each in map(comparison_from, said["comparisons"]):
            # Every run has heard noise of its own.
            comparisons[each.title if each.subject or each.goals else f"{each.title} {number}"] = each
        for update in (Download(**each) for each in said["downloads"]):
            updates[update.targets, update.bins, update.asked] = update
    return [*comparisons.values(), *updates.values()]


def _add_comparison(table: Table, each: Comparison) -> None:
    floor = each.of(FLOOR)
    noise = "" if floor is None else f"{floor.p10:,.2f} to {floor.p90:,.2f}"
    ratios = [each.ratio(PLAIN, OURS), each.ratio(OURS, FLOOR)]
    shown = ["" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
    title = f"{each.title}\n{each.note}" if each.note else each.title
    goals = "\n".join(str(goal) for goal in each.goals) or each.goal
    table.add_row(title, *(_cell(each, way) for way in (OURS, PLAIN, FLOOR)), *shown, goals, noise)


def _cell(comparison: Comparison, way: str) -> str:
    figure = comparison.of(way)
    return "" if figure is None else _said(figure)


def _said(figure: Figure) -> str:
    return f"{figure.p50:,.2f} ({figure.p99:,.2f})"


def _size(each: Download) -> str:
    return f"{each.raw / 1000:,.0f} kB, {each.gzipped / 1000:,.0f} kB by gzip"
