"""ENROLMENT-COMPLETE: everybody has a key, one."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import plan, roster

from ceremony.core.enrolment_rules import EnrolmentCase, enrolment_complete
from ceremony.core.roster import Roster

PLAN = plan()
EVERYBODY = roster(PLAN)


def test_everybody_enrolled_passes() -> None:
    """One enrolment for each keyholder of the plan."""
    enrolment_complete.check(EnrolmentCase(PLAN, EVERYBODY))


def test_somebody_missing_is_refused() -> None:
    """The refusal names who."""
    found = refusal(enrolment_complete, EnrolmentCase(PLAN, Roster(EVERYBODY.enrolments[1:])))
    assert found.found == "no key yet of ann"


def test_somebody_enrolled_twice_is_refused() -> None:
    """Which of two keys counts would depend on their order."""
    twice = Roster((*EVERYBODY.enrolments, replace(EVERYBODY.enrolments[1], serial="another")))
    found = refusal(enrolment_complete, EnrolmentCase(PLAN, twice))
    assert found.found == "two enrolments of bob"
