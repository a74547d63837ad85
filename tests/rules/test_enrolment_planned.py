"""ENROLMENT-PLANNED: who is enrolled is who was planned."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.cases import reenrolled, refusal, usual_case
from fakes.people import P384, enrolment, keyholders, plan

from ceremony.core.draft_rules import enrolment_planned
from ceremony.core.roster import Enrolment

ANN, BOB, CYD = keyholders("ann", "bob", "cyd")
NAMED = (replace(ANN, device="123"), BOB, CYD)

CHANGES: dict[str, Callable[[Enrolment], Enrolment]] = {
    "somebody else": lambda ann: replace(ann, keyholder="stranger"),
    "less roles": lambda ann: replace(ann, roles=("root",)),
    "another scheme": lambda _ann: enrolment(plan(), replace(ANN, scheme=P384)),
}


def test_enrolments_as_planned_pass() -> None:
    """Whichever device it is, where the plan leaves it open."""
    enrolment_planned.check(usual_case())


def test_the_device_that_the_plan_names_passes() -> None:
    """By its serial."""
    enrolment_planned.check(usual_case(keyholders=NAMED))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_anybody_or_anything_else_is_refused(change: Callable[[Enrolment], Enrolment]) -> None:
    """Another person, other roles, another kind of key."""
    refusal(enrolment_planned, reenrolled(change))


def test_another_device_than_the_plan_names_is_refused() -> None:
    """The serial decides."""
    refusal(enrolment_planned, reenrolled(lambda ann: replace(ann, serial="124"), keyholders=NAMED))
