"""The tables of docs/performance.md, from the figures: what stands between two marks is written anew."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.downloads import Download
from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison, Figure
from benchmarks.plot import pictures
from benchmarks.programme import Found

BEGIN, END = "<!-- figures: scripts/bench --docs docs -->", "<!-- end of figures -->"


class NoPlaceError(Exception):
    """The page has no marks between which the tables belong."""


def write_page(found: Sequence[Found], page: Path) -> None:
    """The page tells these figures, and is otherwise as it was.

    Raises: NoPlaceError.
    """
    before, begin, rest = page.read_text("utf-8").partition(f"{BEGIN}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not (begin and end):
        raise NoPlaceError(page)
    page.write_text(before + begin + "\n".join(lines(found)) + "\n" + end + after, "utf-8")


def lines(found: Sequence[Found]) -> Iterator[str]:
    """The figures as Markdown: what was to be reached, what else was compared, how it grows, what clients download."""
    comparisons = [each for each in found if isinstance(each, Comparison)]
    yield ""
    yield from _table(("what", "ours", "python-tuf", "floor", "plain / ours", "ours / floor", "to reach"), [
        (each.title, *_ways(each), _goals(each)) for each in comparisons if each.goals
    ])  # fmt: skip
    yield from _table(("beside it", "ours", "python-tuf", "floor", "plain / ours", "ours / floor"), [
        (each.title, *_ways(each)) for each in comparisons if not each.goals
    ])  # fmt: skip
    yield from (f"- {each.title}: {each.note}." for each in comparisons if each.note)
    yield ""
    yield from _table(("one update of a client", "kB", "kB by gzip"), [
        (_asked(each), f"{each.raw / 1000:,.0f}", f"{each.gzipped / 1000:,.0f}")
        for each in found if isinstance(each, Download)
    ])  # fmt: skip
    for picture in pictures(found):
        yield f"![{picture.title}]({picture.name}.svg)"
        yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    if not rows:
        return
    yield _row(head)
    yield "|" + "---|" * len(head)
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _ways(each: Comparison) -> Iterator[str]:
    yield from (_cell(each.of(way)) for way in (OURS, PLAIN, FLOOR))
    for ratio in (each.ratio(PLAIN, OURS), each.ratio(OURS, FLOOR)):
        yield "" if ratio is None else f"{ratio:.2f}"


def _cell(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.p50:,.1f} ({figure.p99:,.1f})"


def _goals(each: Comparison) -> str:
    return "; ".join(str(goal) for goal in each.goals)


def _asked(each: Download) -> str:
    return f"{each.asked} of {each.targets:,} targets in {each.bins:,} bins"
