"""BINS-COUNT: bins come in powers of two."""

import pytest
from fakes.cases import refusal
from fakes.people import plan

from ceremony.core.plan import Bins
from ceremony.core.plan_rules import PlanCase, bins_count
from ceremony.core.policy import Policy


def case(count: int) -> PlanCase:
    """The usual plan with so many bins."""
    return PlanCase(plan(bins=Bins(count, "succinct")), Policy())


@pytest.mark.parametrize("count", [1 << bits for bits in range(1, 15)])
def test_every_power_of_two_from_2_to_16384_passes(count: int) -> None:
    """Both ends belong to it."""
    bins_count.check(case(count))


@pytest.mark.parametrize("count", [-2, 0, 1, 3, 6, 16_383, 16_385, 32_768, 2**62, -(2**62)])
def test_any_other_number_is_refused(count: int) -> None:
    """Too few, too many, or not a power of two."""
    refusal(bins_count, case(count))
