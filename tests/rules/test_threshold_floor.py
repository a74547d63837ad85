"""THRESHOLD-FLOOR: nobody signs an offline role alone."""

import pytest
from fakes.cases import refusal
from fakes.people import plan

from ceremony.core.plan_rules import PlanCase, threshold_floor
from ceremony.core.policy import OFFLINE_ROLES, Policy

TWO = dict.fromkeys(OFFLINE_ROLES, 2)


def test_two_signatures_for_every_role_passes() -> None:
    """The floor itself is enough."""
    threshold_floor.check(PlanCase(plan(thresholds=TWO), Policy()))


@pytest.mark.parametrize("role", OFFLINE_ROLES)
@pytest.mark.parametrize("threshold", [1, 0, -1, -(2**63)])
def test_less_than_two_is_refused(role: str, threshold: int) -> None:
    """For any role, however far below."""
    refusal(threshold_floor, PlanCase(plan(thresholds={**TWO, role: threshold}), Policy()))


def test_less_than_the_policy_asks_for_is_refused() -> None:
    """A stricter place has a higher floor."""
    refusal(threshold_floor, PlanCase(plan(thresholds=TWO), Policy(threshold_floor=3)))
