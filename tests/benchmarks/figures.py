"""Figures: how long each of several ways takes, in turns, so that the machine's mood is the same for all of them."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """What one way took: milliseconds each time, in the middle, at the 99th percentile, and at the 10th and 90th."""

    way: str
    times: int
    p50: float
    p99: float
    p10: float
    p90: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ways to do the same thing, measured in turns; `goal` is what ours is to reach, in words."""

    title: str
    figures: tuple[Figure, ...]
    goal: str = ""
    note: str = ""

    def of(self, way: str) -> Figure | None:
        """The figure of this way."""
        return next((each for each in self.figures if each.way == way), None)

    def ratio(self, way: str, to: str) -> float | None:
        """How many times longer `way` takes than `to`, in the middle."""
        one, other = self.of(way), self.of(to)
        return None if one is None or other is None or not other.p50 else one.p50 / other.p50

    def as_json(self) -> dict[str, object]:
        """The comparison with its ratios, for a file."""
        ratios = {"plain over ours": self.ratio(PLAIN, OURS), "ours over floor": self.ratio(OURS, FLOOR)}
        kept = {name: round(ratio, 2) for name, ratio in ratios.items() if ratio is not None}
        figures = [{name: _rounded(value) for name, value in asdict(each).items()} for each in self.figures]
        return {"title": self.title, "goal": self.goal, "note": self.note, "ratios": kept, "milliseconds": figures}


OURS = "ours"
PLAIN = "python-tuf"
FLOOR = "floor"


def in_turns(ways: Mapping[str, Callable[[], object]], times: Mapping[str, int]) -> tuple[Figure, ...]:
    """How long each way takes, one after another, as often as is wanted of each, spread evenly over the run."""
    most = max(times.values())
    # What lies in memory from before would be looked through again and again, on the account of whoever makes objects.
    gc.collect()
    gc.freeze()
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(most):
        for way, run in ways.items():
            if (turn + 1) * times[way] // most > turn * times[way] // most:
                start = time.perf_counter()
                run()
                taken[way].append((time.perf_counter() - start) * 1000)
    return tuple(figure_of(way, found) for way, found in taken.items())


def figure_of(way: str, milliseconds: list[float]) -> Figure:
    """The figure for these times."""
    if len(milliseconds) == 1:
        return Figure(way, 1, *milliseconds * 4)
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    return Figure(way, len(milliseconds), median(milliseconds), cuts[98], cuts[9], cuts[89])


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value
