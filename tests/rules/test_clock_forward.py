"""CLOCK-FORWARD: time does not run backwards."""

from datetime import timedelta

from fakes.cases import refusal
from fakes.people import NOW, plan

from ceremony.core.sitting_rules import MomentCase, clock_forward


def test_the_same_moment_or_a_later_one_passes() -> None:
    """Two entries may fall into one second."""
    clock_forward.check(MomentCase(plan(), NOW, NOW))
    clock_forward.check(MomentCase(plan(), NOW, NOW - timedelta(days=1)))


def test_without_evidence_any_moment_passes() -> None:
    """Nothing is on record yet."""
    clock_forward.check(MomentCase(plan(), NOW))


def test_a_moment_before_what_is_on_record_is_refused() -> None:
    """Somebody set the clock back."""
    refusal(clock_forward, MomentCase(plan(), NOW, NOW + timedelta(seconds=1)))
