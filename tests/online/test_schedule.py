"""What is due when: a third of the lifetime before the end, bins spread."""

from collections import Counter
from datetime import datetime, timedelta, timezone
from heapq import heapify, heapreplace

from fakes.release import NOW
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.plan import instant_text
from ceremony.online.schedule import SLOTS, Due, Ends, bin_key, due, due_time, next_due, spread_due_time
from ceremony.online.store import instant_of

LIFETIMES = {"bin-n": timedelta(days=7), "snapshot": timedelta(days=1), "timestamp": timedelta(hours=6)}
FAR = NOW + timedelta(days=30)


def test_nothing_is_due_when_everything_was_just_signed() -> None:
    """Two thirds of the shortest lifetime pass first."""
    bins = NOW + LIFETIMES["bin-n"]
    ends = Ends(NOW + LIFETIMES["snapshot"], NOW + LIFETIMES["timestamp"], (bins,), {"recently-claimed": bins})

    assert due(NOW, ends, LIFETIMES).is_empty


def test_a_timestamp_is_due_when_a_third_of_its_life_is_left() -> None:
    """Two hours before the end of six."""
    snapshot = NOW + LIFETIMES["snapshot"]

    assert due(NOW, Ends(snapshot, NOW + timedelta(hours=2)), LIFETIMES) == Due(timestamp=True)
    assert due(NOW, Ends(snapshot, NOW + timedelta(hours=2, seconds=1)), LIFETIMES).is_empty


def test_a_snapshot_is_due_when_a_third_of_its_life_is_left() -> None:
    """Eight hours before the end of a day."""
    timestamp = NOW + LIFETIMES["timestamp"]

    assert due(NOW, Ends(NOW + timedelta(hours=8), timestamp), LIFETIMES) == Due(snapshot=True)
    assert due(NOW, Ends(NOW + timedelta(hours=8, seconds=1), timestamp), LIFETIMES).is_empty


def test_what_ends_later_than_it_could_is_due_but_for_bins() -> None:
    """It was signed while the clock was wrong; a minute is no reason, since clocks are led to the right time."""
    late, fair = timedelta(seconds=61), timedelta(seconds=60)
    ends = {role: NOW + lifetime for role, lifetime in LIFETIMES.items()}

    assert due(NOW, Ends(ends["snapshot"] + late, ends["timestamp"], (FAR,)), LIFETIMES) == Due(snapshot=True)
    assert due(NOW, Ends(ends["snapshot"], ends["timestamp"] + late, (FAR,)), LIFETIMES) == Due(timestamp=True)
    assert due(NOW, Ends(ends["snapshot"] + fair, ends["timestamp"] + fair, (FAR,)), LIFETIMES).is_empty


def test_a_role_before_bins_is_due_like_a_bin() -> None:
    """It has a bin's lifetime, and no other is due with it."""
    moment = spread_due_time("recently-claimed", FAR, LIFETIMES["bin-n"])
    snapshot, timestamp = moment + LIFETIMES["snapshot"], moment + LIFETIMES["timestamp"]
    ends = Ends(snapshot, timestamp, (), {"recently-claimed": FAR, "nightly": FAR + timedelta(days=7)})

    assert due(moment, ends, LIFETIMES) == Due(roles=("recently-claimed",))
    assert next_due(ends, LIFETIMES) == moment


def test_after_a_long_downtime_everything_is_due_at_once() -> None:
    """What has expired is due, whatever its jitter."""
    found = due(NOW, Ends(NOW, NOW, (NOW,) * 8, {"recently-claimed": NOW}), LIFETIMES)

    assert found == Due(tuple(range(8)), ("recently-claimed",), snapshot=True, timestamp=True)


def test_bins_signed_together_do_not_come_due_together() -> None:
    """16384 bins are spread over many moments, none with more than a twentieth of them."""
    moments = [spread_due_time(f"bin {number}", NOW, LIFETIMES["bin-n"]) for number in range(16_384)]

    assert len(set(moments)) == SLOTS
    assert max(moments.count(moment) for moment in set(moments)) < 16_384 / 20


def test_bins_signed_together_are_never_signed_anew_together_for_weeks() -> None:
    """Nor do they gather again: no moment has a tenth, each day about as many as any other, and none comes too late."""
    lifetime, count, days = LIFETIMES["bin-n"], 512, 28
    ends = [NOW + lifetime] * count
    signed: list[tuple[datetime, int]] = []
    now = NOW
    while now < NOW + timedelta(days=days):
        snapshot, timestamp = now + LIFETIMES["snapshot"], now + LIFETIMES["timestamp"]
        numbers = due(now, Ends(snapshot, timestamp, tuple(ends)), LIFETIMES).bins
        assert all(now <= ends[number] - lifetime / 3 for number in numbers)
        for number in numbers:
            ends[number] = now + lifetime
        signed += [(now, number) for number in numbers]
        now = min(spread_due_time(bin_key(number), end, lifetime) for number, end in enumerate(ends))

    together = Counter(moment for moment, _ in signed)
    assert max(together.values()) <= count / 10
    assert {number for _, number in signed} == {*range(count)}
    # Once every bin has come twice, the first day has left no trace.
    daily = Counter((moment - NOW).days for moment, _ in signed)
    usual = [daily[day] for day in range(10, days)]
    assert max(usual) <= 1.6 * sum(usual) / len(usual)
    assert min(usual) >= sum(usual) / len(usual) / 1.6


def test_bins_never_gather_again_over_years() -> None:
    """Of 512 that were signed together, no moment has a twentieth ever after: how often one comes is no habit of it."""
    lifetime, count = LIFETIMES["bin-n"], 512
    due_bins = [(spread_due_time(bin_key(number), NOW + lifetime, lifetime), number) for number in range(count)]
    heapify(due_bins)
    together: Counter[datetime] = Counter()
    while (moment := due_bins[0][0]) < NOW + timedelta(days=730):
        together[moment] += 1
        number = due_bins[0][1]
        heapreplace(due_bins, (spread_due_time(bin_key(number), moment + lifetime, lifetime), number))

    assert sum(together.values()) > count * 150
    assert max(together.values()) <= count / 20


def test_a_bin_is_due_at_the_same_moment_wherever_it_is_worked_out() -> None:
    """By another machine, in another time zone, from the text in the database."""
    expires, lifetime = NOW + timedelta(days=7), LIFETIMES["bin-n"]
    elsewhere = expires.astimezone(timezone(timedelta(hours=-9)))

    assert spread_due_time("bin 1", expires, lifetime) == spread_due_time("bin 1", elsewhere, lifetime)
    read = instant_of(instant_text(expires))
    assert spread_due_time("bin 1", expires, lifetime) == spread_due_time("bin 1", read, lifetime)


@given(st.text(max_size=20), st.integers(3_600, 2_592_000))
def test_a_bin_is_due_in_the_middle_third_of_its_life(name: str, seconds: int) -> None:
    """Never before a third has passed, never with less than a third left."""
    lifetime = timedelta(seconds=seconds)

    moment = spread_due_time(name, NOW, lifetime)

    assert NOW - lifetime * 2 / 3 <= moment <= due_time(NOW, lifetime)


def test_the_signer_wakes_for_whatever_comes_first() -> None:
    """The earliest of all moments."""
    assert next_due(Ends(FAR, NOW, (FAR,)), LIFETIMES) == NOW - timedelta(hours=2)
    assert next_due(Ends(FAR, FAR, (NOW,)), LIFETIMES) == spread_due_time("bin 0", NOW, LIFETIMES["bin-n"])
