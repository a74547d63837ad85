"""Figures: how long each of several ways takes, in turns, so that the machine's mood is the same for all of them."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from statistics import median, quantiles
from typing import Any


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
class Subject:
    """What is measured, for whoever looks for it among the others; `count` is how many at once."""

    kind: str
    targets: int
    bins: int
    count: int = 1
    scheme: str = "P-256"


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach: what was `found` of it, and the `limit`; where `is_least`, more than that is better."""

    what: str
    found: float
    limit: float
    is_least: bool = False
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """True when the figure was reached."""
        return self.found >= self.limit if self.is_least else self.found <= self.limit

    def __str__(self) -> str:
        """All of it, on one line."""
        sign, verdict = ">=" if self.is_least else "<=", "reached" if self.is_reached else "MISSED"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.what} {_short(self.found)} {sign} {_short(self.limit)}{unit}: {verdict}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ways to do the same thing, measured in turns; `goal` is what ours is to reach, in words, where no figures say so.

    `memory` is the most that any process of ours had of it meanwhile, in bytes; 0 where nobody looked.
    """

    title: str
    figures: tuple[Figure, ...]
    goal: str = ""
    note: str = ""
    subject: Subject | None = None
    memory: int = 0
    goals: tuple[Goal, ...] = ()

    def of(self, way: str) -> Figure | None:
        """The figure of this way."""
        return next((each for each in self.figures if each.way == way), None)

    def ratio(self, way: str, to: str) -> float | None:
        """How many times longer `way` takes than `to`, in the middle."""
        one, other = self.of(way), self.of(to)
        return None if one is None or other is None or not other.p50 else one.p50 / other.p50

    def reaching(self, *goals: Goal) -> "Comparison":
        """The same, judged by these."""
        return replace(self, goals=goals)

    def as_json(self) -> dict[str, object]:
        """The comparison with its ratios, for a file."""
        ratios = {"plain over ours": self.ratio(PLAIN, OURS), "ours over floor": self.ratio(OURS, FLOOR)}
        kept = {name: round(ratio, 2) for name, ratio in ratios.items() if ratio is not None}
        figures = [{name: _rounded(value) for name, value in asdict(each).items()} for each in self.figures]
        subject = None if self.subject is None else asdict(self.subject)
        said = {"title": self.title, "goal": self.goal, "note": self.note, "subject": subject, "memory": self.memory}
        goals = [{name: _rounded(value) for name, value in asdict(each).items()} for each in self.goals]
        reached = [{**said, "is_reached": each.is_reached} for said, each in zip(goals, self.goals, strict=True)]
        return {**said, "ratios": kept, "goals": reached, "milliseconds": figures}


OURS = "ours"
PLAIN = "python-tuf"
FLOOR = "floor"
Way = Callable[[], Callable[[], object]]
"""Makes ready what is needed for one turn, and gives what is to be timed."""

_GOAL = ("what", "found", "limit", "is_least", "unit")


def in_turns(ways: Mapping[str, Way], times: Mapping[str, int]) -> tuple[Figure, ...]:
    """How long each way takes, one after another, as often as is wanted of each, spread evenly over the run."""
    most = max(times.values())
    # What lies in memory from before would be looked through again and again, on the account of whoever makes objects.
    gc.collect()
    gc.freeze()
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(most):
        for way, run in ways.items():
            if (turn + 1) * times[way] // most > turn * times[way] // most:
                act = run()
                start = time.perf_counter()
                act()
                taken[way].append((time.perf_counter() - start) * 1000)
    return tuple(figure_of(way, found) for way, found in taken.items())


def figure_of(way: str, milliseconds: list[float]) -> Figure:
    """The figure for these times."""
    if len(milliseconds) == 1:
        return Figure(way, 1, *milliseconds * 4)
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    return Figure(way, len(milliseconds), median(milliseconds), cuts[98], cuts[9], cuts[89])


def comparison_from(said: Mapping[str, Any]) -> Comparison:
    """What `as_json` wrote."""
    figures = tuple(Figure(**each) for each in said["milliseconds"])
    subject = None if said["subject"] is None else Subject(**said["subject"])
    goals = tuple(Goal(**{name: each[name] for name in _GOAL}) for each in said["goals"])
    return Comparison(said["title"], figures, said["goal"], said["note"], subject, said["memory"], goals)


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"  # so that four digits are seen
