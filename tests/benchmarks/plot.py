"""Pictures of the figures: how the cost grows, each way a line, both axes logarithmic."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.downloads import Download
from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison
from benchmarks.programme import Found
from benchmarks.sections import MANY, ONE

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 650, 360, 80, 130, 40, 320
_COLOURS = ("#1a7f37", "#cf222e", "#6e7781", "#0969da", "#8250df", "#bf8700")

_SIZES: Mapping[str, Callable[[Download], int]] = {"": lambda it: it.raw, ", gzip": lambda it: it.gzipped}

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A file with lines, by name: their points as (how many, how much), in a unit."""

    name: str
    title: str
    unit: str
    lines: Mapping[str, Points]


def write_pictures(found: Sequence[Found], folder: Path) -> None:
    """Every picture of which there are points stands in the folder."""
    for picture in pictures(found):
        (folder / f"{picture.name}.svg").write_text(draw_lines(picture), "utf-8")


def pictures(found: Sequence[Found]) -> list[Picture]:
    """Those of which there are points."""
    comparisons = [each for each in found if isinstance(each, Comparison)]
    drawn = _pictures(comparisons, [each for each in found if isinstance(each, Download)])
    return [each for each in drawn if any(len(points) > 1 for points in each.lines.values())]


def draw_lines(picture: Picture) -> str:
    """An SVG of these lines."""
    every = [point for line in picture.lines.values() for point in line]
    counts, amounts = [count for count, _ in every], [amount for _, amount in every]
    low, high = 10 ** math.floor(math.log10(min(amounts))), 10 ** math.ceil(math.log10(max(amounts)))

    def place(count: int, amount: float) -> tuple[float, float]:
        across = _share(count, min(counts), max(counts)) * (_WIDTH - _LEFT - _RIGHT)
        return _LEFT + across, _BOTTOM - _share(amount, low, high) * (_BOTTOM - _TOP)

    marks = [low * 10**power for power in range(round(math.log10(high / low)) + 1)]
    parts = [f'<text x="{_LEFT}" y="20" font-weight="bold">{picture.title}</text>']
    for mark in marks:
        _, y = place(min(counts), mark)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.0f}" y2="{y:.0f}" stroke="#d0d7de"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{mark:,g} {picture.unit}</text>')
    for count in sorted({*counts}):
        x, _ = place(count, low)
        parts.append(f'<text x="{x:.0f}" y="{_BOTTOM + 20}" text-anchor="middle">{count:,}</text>')
    for colour, (name, line) in zip(_COLOURS, picture.lines.items(), strict=False):
        parts += _line(name, colour, [place(*point) for point in line])
    body = "\n".join(parts)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12"'
    return f'{head} {style}>\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'


def _pictures(comparisons: Sequence[Comparison], downloads: Sequence[Download]) -> Iterable[Picture]:
    ones = [each for each in comparisons if each.subject and (each.subject.kind, each.subject.scheme) == (ONE, "P-256")]
    batches = [each for each in comparisons if each.subject and each.subject.kind == MANY]
    bins = max((each.subject.bins for each in ones if each.subject), default=0)
    targets = _most_common([each.subject.targets for each in ones if each.subject])
    by_bins = _ways([(each.subject.bins, each) for each in ones if each.subject and each.subject.targets == targets])
    by_targets = _ways([(each.subject.targets, each) for each in ones if each.subject and each.subject.bins == bins])
    here = [each for each in ones if each.subject and (each.subject.targets, each.subject.bins) == (targets, bins)]
    together = [*batches, *here]
    by_batch = _ways([(each.subject.count, each) for each in together if each.subject])
    yield Picture("performance-bins", f"one add, {targets:,} targets, P-256, by the number of bins", "ms", by_bins)
    yield Picture("performance-targets", f"one add, {bins:,} bins, P-256, by the number of targets", "ms", by_targets)
    title = f"so many adds at once, {targets:,} targets in {bins:,} bins, P-256"
    yield Picture("performance-batch", title, "ms", by_batch)
    fetched = [each for each in downloads if each.targets == targets]
    yield Picture(
        "performance-download",
        f"what one update costs a client, {targets:,} targets, by the number of bins",
        "kB",
        {
            f"{asked} asked for{kind}": sorted(
                (each.bins, size(each) / 1000) for each in fetched if each.asked == asked
            )
            for asked in sorted({each.asked for each in fetched})
            for kind, size in _SIZES.items()
        },
    )


def _ways(found: Sequence[tuple[int, Comparison]]) -> dict[str, Points]:
    lines: dict[str, list[tuple[int, float]]] = {}
    for way in (OURS, PLAIN, FLOOR):
        for count, each in found:
            figure = each.of(way)
            if figure is not None:
                lines.setdefault(way, []).append((count, figure.p50))
    return {way: sorted(points) for way, points in lines.items()}


def _most_common(numbers: Sequence[int]) -> int:
    return max({*numbers}, key=lambda each: (numbers.count(each), each), default=0)


def _line(name: str, colour: str, places: Sequence[tuple[float, float]]) -> list[str]:
    x, y = places[-1]
    path = " ".join(f"{across:.0f},{down:.0f}" for across, down in places)
    dots = [f'<circle cx="{across:.0f}" cy="{down:.0f}" r="3" fill="{colour}"/>' for across, down in places]
    label = f'<text x="{x + 8:.0f}" y="{y + 4:.0f}" fill="{colour}">{name}</text>'
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, label]


def _share(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low) if high > low else 0.5
