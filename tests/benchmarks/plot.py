"""A picture of the figures: how long one add takes as bins become more, each way a line, both axes logarithmic."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 360, 60, 120, 40, 320
_COLOURS = {OURS: "#1a7f37", PLAIN: "#cf222e", FLOOR: "#6e7781"}
_TITLE = re.compile(r"one add, ([\d,]+) targets in ([\d,]+) bins, (.+)")

Points = Mapping[str, Sequence[tuple[int, float]]]


def points_of(comparisons: Iterable[Comparison], targets: int, scheme: str) -> Points:
    """For each way its points, as (bins, milliseconds), with so many targets and this scheme."""
    found: dict[str, list[tuple[int, float]]] = {way: [] for way in _COLOURS}
    for each in comparisons:
        named = _TITLE.fullmatch(each.title)
        if named and int(named[1].replace(",", "")) == targets and named[3] == scheme:
            for figure in each.figures:
                found[figure.way].append((int(named[2].replace(",", "")), figure.p50))
    return {way: sorted(points) for way, points in found.items() if points}


def draw_growth(points: Points, title: str) -> str:
    """An SVG of these lines."""
    every = [point for line in points.values() for point in line]
    bins, times = [bin_count for bin_count, _ in every], [time for _, time in every]
    low, high = 10 ** math.floor(math.log10(min(times))), 10 ** math.ceil(math.log10(max(times)))

    def place(bin_count: int, time: float) -> tuple[float, float]:
        across = _share(bin_count, min(bins), max(bins)) * (_WIDTH - _LEFT - _RIGHT)
        return _LEFT + across, _BOTTOM - _share(time, low, high) * (_BOTTOM - _TOP)

    marks = [low * 10**power for power in range(round(math.log10(high / low)) + 1)]
    parts = [f'<text x="{_LEFT}" y="20" font-weight="bold">{title}</text>']
    for mark in marks:
        _, y = place(min(bins), mark)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.0f}" y2="{y:.0f}" stroke="#d0d7de"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{mark:g} ms</text>')
    for bin_count in sorted({*bins}):
        x, _ = place(bin_count, low)
        parts.append(f'<text x="{x:.0f}" y="{_BOTTOM + 20}" text-anchor="middle">{bin_count:,}</text>')
    for way, line in points.items():
        parts += _line(way, [place(*point) for point in line])
    body = "\n".join(parts)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12"'
    return f'{head} {style}>\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'


def _line(way: str, places: Sequence[tuple[float, float]]) -> list[str]:
    colour, (x, y) = _COLOURS[way], places[-1]
    path = " ".join(f"{across:.0f},{down:.0f}" for across, down in places)
    dots = [f'<circle cx="{across:.0f}" cy="{down:.0f}" r="3" fill="{colour}"/>' for across, down in places]
    name = f'<text x="{x + 8:.0f}" y="{y + 4:.0f}" fill="{colour}">{way}</text>'
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, name]


def _share(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low) if high > low else 0.5
