"""KEYHOLDER-PLANNED: the plan says who is enrolled."""

import pytest
from fakes.cases import refusal
from fakes.people import NAMES, plan

from ceremony.core.sitting_rules import KeyholderCase, keyholder_planned


@pytest.mark.parametrize("name", NAMES)
def test_a_keyholder_of_the_plan_passes(name: str) -> None:
    """By name."""
    keyholder_planned.check(KeyholderCase(plan(), name))


@pytest.mark.parametrize("name", ["stranger", "", "Ann", "ann "])
def test_anybody_else_is_refused(name: str) -> None:
    """The name is written as in the plan."""
    refusal(keyholder_planned, KeyholderCase(plan(), name))
