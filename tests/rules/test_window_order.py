"""WINDOW-ORDER: a ceremony has one short, stated time."""

from datetime import timedelta

import pytest
from fakes.cases import refusal
from fakes.people import OPENS, plan

from ceremony.core.plan import Window
from ceremony.core.plan_rules import PlanCase, window_order
from ceremony.core.policy import Policy


def case(lasts: timedelta) -> PlanCase:
    """The usual plan with a window of this length."""
    return PlanCase(plan(window=Window(OPENS, OPENS + lasts)), Policy())


@pytest.mark.parametrize("lasts", [timedelta(seconds=1), timedelta(days=2), timedelta(days=31)])
def test_a_window_of_up_to_a_month_passes(lasts: timedelta) -> None:
    """Both ends belong to it."""
    window_order.check(case(lasts))


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(seconds=-1), timedelta(days=31, seconds=1)])
def test_a_window_that_is_none_or_too_long_is_refused(lasts: timedelta) -> None:
    """It opens before it closes, and does not stay open for ever."""
    refusal(window_order, case(lasts))
