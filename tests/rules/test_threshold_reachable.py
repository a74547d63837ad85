"""THRESHOLD-REACHABLE: enough people for every role."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import keyholders, plan

from ceremony.core.plan_rules import PlanCase, threshold_reachable
from ceremony.core.policy import OFFLINE_ROLES, Policy

TWO = dict.fromkeys(OFFLINE_ROLES, 2)


def test_as_many_keyholders_as_signatures_passes() -> None:
    """Nobody is to spare, but it can be done."""
    threshold_reachable.check(PlanCase(plan(thresholds=dict.fromkeys(OFFLINE_ROLES, 3)), Policy()))


@pytest.mark.parametrize("role", OFFLINE_ROLES)
def test_more_signatures_than_keyholders_is_refused(role: str) -> None:
    """Such a role could never be signed."""
    refusal(threshold_reachable, PlanCase(plan(thresholds={**TWO, role: 4}), Policy()))


def test_keyholders_of_other_roles_do_not_count_and_it_is_refused() -> None:
    """Three people in the room, one of whom signs root."""
    ann, bob, cyd = keyholders("ann", "bob", "cyd")
    others = (replace(each, roles=("targets", "bins")) for each in (bob, cyd))
    refusal(threshold_reachable, PlanCase(plan(keyholders=(ann, *others)), Policy()))
