"""OFFLINE-LIFETIME: offline roles live from a day to as long as the policy allows."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.cases import refusal
from fakes.people import plan

from ceremony.core.plan import Window
from ceremony.core.plan_rules import PlanCase, offline_lifetime
from ceremony.core.policy import OFFLINE_ROLES, Policy

USUAL = plan()
SECOND = timedelta(seconds=1)


def case(role: str, lifetime: timedelta) -> PlanCase:
    """The usual plan, in which one role ends so long after the window closes."""
    return PlanCase(plan(expires={**USUAL.expires, role: USUAL.window.closes + lifetime}), Policy())


@pytest.mark.parametrize("role", OFFLINE_ROLES)
@pytest.mark.parametrize("lifetime", [timedelta(days=1), timedelta(days=730)])
def test_from_one_day_to_two_years_passes(role: str, lifetime: timedelta) -> None:
    """Both ends belong to it."""
    offline_lifetime.check(case(role, lifetime))


@pytest.mark.parametrize("role", OFFLINE_ROLES)
@pytest.mark.parametrize("lifetime", [timedelta(days=1) - SECOND, timedelta(0), -SECOND, timedelta(days=730) + SECOND])
def test_shorter_or_longer_is_refused(role: str, lifetime: timedelta) -> None:
    """Already over, over tomorrow, or never over."""
    refusal(offline_lifetime, case(role, lifetime))


def test_longer_than_a_stricter_policy_allows_is_refused() -> None:
    """The policy of the place decides."""
    refusal(offline_lifetime, PlanCase(USUAL, Policy(offline_lifetime_ceiling=timedelta(days=100))))


def test_a_window_at_the_end_of_the_calendar_is_refused() -> None:
    """The refusal can be said, although no date after the year 9999 can."""
    closes = datetime(9999, 12, 31, 23, tzinfo=UTC)
    found = plan(window=Window(closes - timedelta(days=1), closes))
    assert refusal(offline_lifetime, PlanCase(found, Policy())).wanted.endswith("9999-12-31T23:59:59Z")
