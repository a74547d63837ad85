"""What is due when: a third of the lifetime before the end, bins spread."""

from datetime import timedelta

from fakes.release import NOW
from hypothesis import given
from hypothesis import strategies as st

from ceremony.online.schedule import SLOTS, Due, Ends, due, due_time, next_due, spread_due_time

LIFETIMES = {"bin-n": timedelta(days=7), "snapshot": timedelta(days=1), "timestamp": timedelta(hours=6)}
FAR = NOW + timedelta(days=30)


def test_nothing_is_due_when_everything_was_just_signed() -> None:
    """Two thirds of the shortest lifetime pass first."""
    bins = NOW + LIFETIMES["bin-n"]
    ends = Ends(NOW + LIFETIMES["snapshot"], NOW + LIFETIMES["timestamp"], (bins,), {"recently-claimed": bins})

    assert due(NOW, ends, LIFETIMES).is_empty


def test_a_timestamp_is_due_when_a_third_of_its_life_is_left() -> None:
    """Two hours before the end of six."""
    assert due(NOW, Ends(FAR, NOW + timedelta(hours=2)), LIFETIMES) == Due(timestamp=True)
    assert due(NOW, Ends(FAR, NOW + timedelta(hours=2, seconds=1)), LIFETIMES).is_empty


def test_a_snapshot_is_due_when_a_third_of_its_life_is_left() -> None:
    """Eight hours before the end of a day."""
    assert due(NOW, Ends(NOW + timedelta(hours=8), FAR), LIFETIMES) == Due(snapshot=True)


def test_a_role_before_bins_is_due_like_a_bin() -> None:
    """It has a bin's lifetime, and no other is due with it."""
    moment = spread_due_time("recently-claimed", FAR, LIFETIMES["bin-n"])
    ends = Ends(FAR, FAR, (), {"recently-claimed": FAR, "nightly": FAR + timedelta(days=7)})

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
