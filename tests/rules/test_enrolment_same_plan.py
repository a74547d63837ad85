"""ENROLMENT-SAME-PLAN: what was enrolled elsewhere was enrolled for this ceremony, one keyholder alone."""

import pytest
from fakes.cases import refusal

from ceremony.core.sitting_rules import TakenCase, enrolment_same_plan


def test_the_one_enrolment_of_the_keyholder_for_this_plan_passes() -> None:
    """Byte for byte."""
    enrolment_same_plan.check(TakenCase(b"plan", b"plan", "ann", ("ann",), "enrolment"))


@pytest.mark.parametrize("purpose", ["request", "release", ""])
def test_a_bundle_of_another_purpose_is_refused(purpose: str) -> None:
    """A ceremony is no enrolment."""
    refusal(enrolment_same_plan, TakenCase(b"plan", b"plan", "ann", ("ann",), purpose))


def test_an_enrolment_for_another_plan_is_refused() -> None:
    """Even if a space is all that differs."""
    refusal(enrolment_same_plan, TakenCase(b"plan ", b"plan", "ann", ("ann",), "enrolment"))


@pytest.mark.parametrize("enrolled", [(), ("bob",), ("ann", "bob"), ("ann", "ann")])
def test_anybody_else_or_anybody_more_is_refused(enrolled: tuple[str, ...]) -> None:
    """Nobody is brought in under somebody else's name."""
    refusal(enrolment_same_plan, TakenCase(b"plan", b"plan", "ann", enrolled, "enrolment"))
