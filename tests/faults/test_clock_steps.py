"""A clock that is set back or forth while a signer serves: versions only grow, and nothing stands still."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import NOW, Wanted
from rich.console import Console

from ceremony.core.plan import Bins
from ceremony.errors import StorageError
from ceremony.online.clock_watch import ClockWatch, dated_ahead
from ceremony.online.figures import Figures, read_store
from ceremony.online.log import start_log, stop_log
from ceremony.online.running import Running, draw_running
from ceremony.online.service import serve
from ceremony.online.settings import Settings
from ceremony.online.store import Publication
from ceremony.online.supervisor import Supervisor
from ceremony.online.trouble import TroubleNote
from ceremony.online.watched import WatchedWriter

DAY, YEAR = timedelta(days=1), timedelta(days=365)
BINS = 64


@dataclass
class _World:
    """A clock that can be set, beside one that only goes forward; both run only while the signer sleeps."""

    events: dict[float, Callable[[], object]] = field(default_factory=dict)
    stops_at: float = 3 * 86_400
    offset: timedelta = timedelta(0)
    elapsed: float = 0.0
    step: float = 600.0
    heard: list[tuple[float, Publication]] = field(default_factory=list)

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=round(self.elapsed)) + self.offset

    def seconds(self) -> float:
        return self.elapsed

    def set_by(self, step: timedelta) -> None:
        self.offset += step

    def wait(self, timeout: float) -> bool:
        self.elapsed += self.step if timeout else 0
        for moment in [each for each in self.events if each <= self.elapsed]:
            self.events.pop(moment)()
        return self.elapsed >= self.stops_at

    rest = wait

    def published(self, publication: Publication) -> None:
        self.heard.append((self.elapsed, publication))

    def troubled(self, error: StorageError) -> None:
        raise error

    def between(self, start: float, end: float) -> list[Publication]:
        return [publication for at, publication in self.heard if start <= at < end]


@pytest.fixture
def living(tmp_path: Path) -> Iterator[OnlineSigner]:
    """A signer with bins, delivered and published."""
    made = online_signer(tmp_path, Wanted(bins=Bins(BINS, "succinct")))
    made.deliver()
    yield made
    made.store.close()


def _serve(signer: OnlineSigner, world: _World) -> list[dict[str, object]]:
    """What the log says, event by event."""
    figures = Figures(lambda: read_store(signer.store, world.clock()))
    note = TroubleNote(signer.home.folder)
    log = io.StringIO()
    start_log(log, is_key_use_told=False)
    try:
        writer = WatchedWriter(signer.publisher, figures, Supervisor({}), note, world.seconds)
        serve(writer, world.clock, world, world)
    finally:
        stop_log()
    return [json.loads(line) for line in log.getvalue().splitlines()]


def _check_versions(world: _World) -> None:
    """Of snapshot and timestamp none goes back, and no timestamp comes twice."""
    snapshots = [publication.snapshot.version for _, publication in world.heard]
    timestamps = [publication.timestamp.version for _, publication in world.heard]
    assert snapshots == sorted(snapshots)
    assert timestamps == list(range(timestamps[0], timestamps[0] + len(timestamps)))


@pytest.mark.parametrize("step", [-DAY, -YEAR, YEAR, DAY], ids=["back a day", "back a year", "a year on", "a day on"])
def test_a_clock_that_steps_makes_at_most_a_few_publications_and_stops_none(
    living: OnlineSigner, step: timedelta
) -> None:
    """What ends at the wrong time is signed anew at once, ends by the new clock, and goes on being signed anew."""
    world = _World({43_200.0: lambda: world.set_by(step)})

    log = _serve(living, world)

    _check_versions(world)
    stepped = [each for each in log if each["event"] == "the clock stepped"]
    assert [(each["level"], each["seconds"]) for each in stepped] == [("warning", int(step.total_seconds()))]
    soon = world.between(43_200, 43_200 + 3_600)
    assert 1 <= len(soon) <= 3
    for publication in world.between(43_200, world.stops_at):
        at = publication.at
        assert publication.timestamp.expires == at + DAY
        assert publication.snapshot.expires <= at + DAY
    # Two thirds of a day is how long a timestamp may stand.
    times = [at for at, _ in world.heard if at >= 43_200] + [world.stops_at]
    assert max(later - earlier for earlier, later in pairwise(times)) <= 16 * 3_600 + 1_200


def test_a_clock_that_was_wrong_for_an_hour_leaves_nothing_that_ends_a_year_late(living: OnlineSigner) -> None:
    """A year on, and back: snapshot and timestamp are those of the right clock again, within one look."""
    world = _World({36_000.0: lambda: world.set_by(YEAR), 39_600.0: lambda: world.set_by(-YEAR)})

    _serve(living, world)

    _check_versions(world)
    (first, *_) = world.between(39_600, 39_600 + 1_200)
    assert first.snapshot.expires == first.timestamp.expires == first.at + DAY
    assert first.at < NOW + DAY
    # Bins that were signed then end late, and hurt nobody; they are not all signed once more.
    assert len(world.between(39_600, 43_200)) <= 2


def test_changes_go_out_whatever_the_clock_says(living: OnlineSigner) -> None:
    """Asked for right after each step."""
    world = _World(stops_at=86_400.0)
    for place, step in enumerate((-DAY, YEAR, -YEAR, DAY)):

        def act(place: int = place, step: timedelta = step) -> None:
            world.set_by(step)
            living.ask(f"demo/{place}", b"content", world.clock())

        world.events[10_000.0 * (place + 1)] = act

    _serve(living, world)

    _check_versions(world)
    assert living.store.target_count() == 4
    assert set(living.targets()) == {f"demo/{place}" for place in range(4)}


def test_a_slow_correction_is_no_step() -> None:
    """Half a second in each minute, for an hour, is what a machine does whose clock is led to the right time."""
    seconds = [0.0]
    watch = ClockWatch(lambda: seconds[0])
    found = []
    for minute in range(60):
        seconds[0] = minute * 60.0
        found.append(watch.stepped(NOW + timedelta(seconds=minute * 60.5)))

    assert found == [0] * 60


def test_the_status_says_that_publications_are_of_a_time_to_come(living: OnlineSigner) -> None:
    """To people and to machines; until the clock is there."""
    living.ask("demo", b"content", NOW + YEAR)
    living.publisher.publish(NOW + YEAR)

    ahead = dated_ahead(living.store, NOW)
    assert ahead == NOW + YEAR
    running = Running(Settings(), read_store(living.store, NOW), None, None, ahead)
    console = Console(width=200)
    with console.capture() as capture:
        draw_running(console, running)
    assert "publications are dated up to 2027-03-01T12:00:00Z, which is yet to come" in capture.get()
    assert running.to_json()["publications_dated_ahead_to"] == "2027-03-01T12:00:00Z"
    assert dated_ahead(living.store, NOW + YEAR) is None
