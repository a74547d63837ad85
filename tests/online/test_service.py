"""A serving signer: publishes what waits, signs anew what is due, survives a full disk, drains when told to stop."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import NOW, Wanted, words

from ceremony.core.plan import Bins
from ceremony.core.policy import Policy
from ceremony.errors import StorageError
from ceremony.online.delivery import take_in_delivery
from ceremony.online.intake import are_published
from ceremony.online.publisher import Shelf
from ceremony.online.service import POLL_SECONDS, TROUBLE_MOST_SECONDS, TROUBLE_SECONDS, see_through, serve, wake_time
from ceremony.online.store import Publication


@dataclass
class _World:
    """A clock that runs only while the signer sleeps, things that happen then, and an end."""

    now: datetime = NOW
    stops_at: datetime = NOW + timedelta(days=1)
    events: dict[float, Callable[[], object]] = field(default_factory=dict)
    heard: list[tuple[datetime, int]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)
    step: timedelta = timedelta(0)
    hearing: Callable[[Publication], object] = lambda _publication: None

    def clock(self) -> datetime:
        return self.now

    def wait(self, timeout: float) -> bool:
        self.now += max(timedelta(seconds=timeout), self.step) if timeout else timedelta(0)
        for moment in [it for it in self.events if NOW + timedelta(seconds=it) <= self.now]:
            self.events.pop(moment)()
        return self.now >= self.stops_at

    def rest(self, timeout: float) -> bool:
        self.rests.append(timeout)
        return self.wait(timeout)

    def published(self, publication: Publication) -> None:
        self.heard.append((self.now, publication.timestamp.version))
        self.hearing(publication)

    def troubled(self, error: StorageError) -> None:
        self.troubles.append(error.reason)


class _FullOnce:
    """A shelf whose disk is full, once or some times more."""

    def __init__(self, shelf: Shelf, times: int = 1) -> None:
        self.shelf = shelf
        self.times = times

    def prepare(self) -> None:
        self.shelf.prepare()

    def read(self, name: str) -> bytes | None:
        return self.shelf.read(name)

    def put(self, files: Iterable[tuple[str, bytes]], progress: Callable[[int], None]) -> None:
        if self.times:
            self.times -= 1
            raise StorageError("metadata", "ENOSPC")
        self.shelf.put(files, progress)


def test_a_request_that_comes_meanwhile_is_published_soon(signer: OnlineSigner) -> None:
    """Within one poll."""
    signer.deliver()
    world = _World(stops_at=NOW + timedelta(seconds=60))
    world.events[30] = lambda: signer.ask("demo", b"content", world.now)

    serve(signer.publisher, world.clock, world, world)

    assert [version for _, version in world.heard] == [2]
    assert world.heard[0][0] <= NOW + timedelta(seconds=30 + 2 * POLL_SECONDS)


def test_a_delivery_that_comes_meanwhile_is_published(signer: OnlineSigner) -> None:
    """A signer may be started before the ceremony."""
    world = _World(stops_at=NOW + timedelta(seconds=10))
    world.events[3] = lambda: take_in_delivery(signer.store, signer.bundle, words(signer.bundle), world.now, Policy())

    serve(signer.publisher, world.clock, world, world)

    assert [version for _, version in world.heard] == [1]


def test_nothing_ever_expires_while_a_signer_serves(signer: OnlineSigner) -> None:
    """A month goes by in steps of an hour."""
    signer.deliver()
    world = _World(stops_at=NOW + timedelta(days=30), step=timedelta(hours=1))

    serve(signer.publisher, world.clock, world, world)

    ends = [edition.expires for edition in signer.store.bins()]
    last = signer.store.last_publication()
    assert last is not None
    assert min([*ends, last.snapshot.expires, last.timestamp.expires]) > world.now
    assert len(world.heard) >= 30 * 1.5


def test_bins_that_were_signed_together_are_not_signed_anew_together(tmp_path: Path) -> None:
    """Sixty-four of one delivery: in two weeks none of the publications has more than an eighth of them."""
    signer = online_signer(tmp_path, Wanted(bins=Bins(64, "succinct")))
    signer.deliver()
    world = _World(stops_at=NOW + timedelta(days=14), step=timedelta(minutes=30))
    taken: list[int] = []
    world.hearing = lambda publication: taken.append(len(signer.store.bins_of(publication.number)))

    serve(signer.publisher, world.clock, world, world)

    assert max(taken) <= 8
    assert min(edition.version for edition in signer.store.bins()) >= 3
    signer.store.close()


def test_timestamp_and_snapshot_have_timers_of_their_own(tmp_path: Path) -> None:
    """Of four days: a timestamp every four hours, a snapshot every other day, and no bin at all."""
    hours = {"bin-n": 30 * 24, "snapshot": 72, "timestamp": 6}
    lifetimes = {role: timedelta(hours=each) for role, each in hours.items()}
    signer = online_signer(tmp_path, Wanted(lifetimes=lifetimes))
    signer.deliver()
    world = _World(stops_at=NOW + timedelta(hours=97), step=timedelta(minutes=10))
    snapshots: list[int] = []
    world.hearing = lambda publication: snapshots.append(publication.snapshot.version)

    serve(signer.publisher, world.clock, world, world)

    assert [version for _, version in world.heard] == [*range(2, 2 + len(world.heard))]
    pauses = [later - earlier for (earlier, _), (later, _) in pairwise([(NOW, 1), *world.heard])]
    assert all(timedelta(hours=4) <= each <= timedelta(hours=4, minutes=10) for each in pauses[:11])
    assert 22 <= len(pauses) <= 25
    assert {*snapshots} == {1, 2, 3}
    assert {edition.version for edition in signer.store.bins()} == {1}
    signer.store.close()


def test_what_comes_with_the_order_to_stop_is_still_published(signer: OnlineSigner) -> None:
    """Drained."""
    signer.deliver()
    world = _World(stops_at=NOW + timedelta(seconds=5))
    world.events[5] = lambda: signer.ask("demo", b"content", world.now)

    serve(signer.publisher, world.clock, world, world)

    assert signer.store.target_count() == 1
    assert [version for _, version in world.heard] == [2]


def test_a_full_disk_is_told_and_tried_again(signer: OnlineSigner) -> None:
    """A moment later."""
    signer.deliver()
    ticket = signer.ask("demo", b"content")
    signer.publisher = replace(signer.publisher, shelf=_FullOnce(signer.shelf))
    world = _World(stops_at=NOW + timedelta(seconds=3 * TROUBLE_SECONDS))

    serve(signer.publisher, world.clock, world, world)

    assert world.troubles == ["ENOSPC"]
    assert are_published(signer.store, [ticket])


def test_a_disk_that_goes_on_refusing_is_asked_less_and_less_often(signer: OnlineSigner) -> None:
    """Up to once a minute, and what it was asked for comes out at last; the next trouble begins anew."""
    signer.deliver()
    ticket = signer.ask("demo", b"content")
    full = _FullOnce(signer.shelf, times=12)
    signer.publisher = replace(signer.publisher, shelf=full)
    world = _World(stops_at=NOW + timedelta(seconds=20 * TROUBLE_MOST_SECONDS), step=timedelta(seconds=5))

    def fill_again() -> None:
        full.times = 1
        signer.ask("other", b"content", world.now)

    world.events[13 * TROUBLE_MOST_SECONDS] = fill_again

    serve(signer.publisher, world.clock, world, world)

    *rests, again = world.rests
    longest = [min(TROUBLE_MOST_SECONDS, TROUBLE_SECONDS * 2**turn) for turn in range(12)]
    assert all(most / 2 <= found <= most for found, most in zip(rests, longest, strict=True))
    assert len({*rests[-5:]}) > 1
    assert again <= TROUBLE_SECONDS
    assert are_published(signer.store, [ticket])


def test_a_command_publishes_by_itself_when_nobody_serves(signer: OnlineSigner) -> None:
    """It takes the lock."""
    signer.deliver()
    ticket = signer.ask("demo", b"content")

    see_through(
        signer.home,
        lambda: are_published(signer.store, [ticket]),
        lambda: signer.publisher.publish(NOW),
        _World(stops_at=NOW + timedelta(days=1)),
    )

    assert are_published(signer.store, [ticket])


def test_a_command_waits_while_somebody_serves(signer: OnlineSigner) -> None:
    """The one who holds the lock publishes."""
    signer.deliver()
    ticket = signer.ask("demo", b"content")
    world = _World()
    world.events[1] = lambda: signer.publisher.publish(NOW)

    with signer.home.writing():
        see_through(signer.home, lambda: are_published(signer.store, [ticket]), _never, world)

    assert world.now >= NOW + timedelta(seconds=1)


def test_a_command_does_not_wait_for_ever(signer: OnlineSigner) -> None:
    """Somebody holds the lock and does nothing."""
    with signer.home.writing(), pytest.raises(StorageError) as refusal:
        see_through(signer.home, lambda: False, _never, _World())

    assert refusal.value.reason == "ETIMEDOUT"


def test_before_the_first_delivery_nothing_is_due(signer: OnlineSigner) -> None:
    """The end of time."""
    assert wake_time(signer.store).year == 9999


def _never() -> None:
    raise AssertionError
