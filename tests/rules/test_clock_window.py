"""CLOCK-WINDOW: the ceremony takes place when the plan says."""

from datetime import datetime, timedelta

import pytest
from fakes.cases import refusal
from fakes.people import plan

from ceremony.core.sitting_rules import MomentCase, clock_window

WINDOW = plan().window
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("now", [WINDOW.opens, WINDOW.opens + SECOND, WINDOW.closes])
def test_a_moment_inside_the_window_passes(now: datetime) -> None:
    """Both ends belong to it."""
    clock_window.check(MomentCase(plan(), now))


@pytest.mark.parametrize("now", [WINDOW.opens - SECOND, WINDOW.closes + SECOND])
def test_a_moment_outside_is_refused(now: datetime) -> None:
    """A second too early, a second too late."""
    refusal(clock_window, MomentCase(plan(), now))
