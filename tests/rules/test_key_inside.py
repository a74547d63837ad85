"""KEY-INSIDE: keys are made in their device and never leave it."""

from dataclasses import replace

import pytest
from fakes.cases import reenrolled, refusal
from fakes.people import attested

from ceremony.core.enrolment_rules import EnrolmentCase
from ceremony.core.roster_rules import key_inside


def case(*, made: bool | None, leaves: bool | None, is_rehearsal: bool) -> EnrolmentCase:
    """A ceremony in which ann's device says this of her key."""
    return reenrolled(
        lambda ann: replace(ann, is_generated_inside=made, is_extractable=leaves), is_rehearsal=is_rehearsal
    )


def test_a_key_made_inside_that_cannot_leave_passes() -> None:
    """As the device itself says."""
    key_inside.check(case(made=True, leaves=False, is_rehearsal=False))


@pytest.mark.parametrize(
    ("made", "leaves"), [(False, False), (None, False), (True, True), (True, None), (None, None), (False, True)]
)
def test_a_key_that_may_exist_elsewhere_is_refused(made: bool | None, leaves: bool | None) -> None:  # noqa: FBT001  # table values
    """Saying nothing is not enough."""
    assert "ann" in refusal(key_inside, case(made=made, leaves=leaves, is_rehearsal=False)).found


def test_any_key_passes_in_a_rehearsal() -> None:
    """Nothing depends on it."""
    key_inside.check(case(made=False, leaves=True, is_rehearsal=True))


@pytest.mark.parametrize(("made", "leaves"), [(None, None), (None, False), (True, None)])
def test_what_only_the_maker_says_passes(made: bool | None, leaves: bool | None) -> None:  # noqa: FBT001  # table values
    """Old firmware says nothing of its keys; whether the maker's word is good is judged by other rules."""
    key_inside.check(
        reenrolled(
            lambda ann: replace(attested(ann), is_generated_inside=made, is_extractable=leaves), is_rehearsal=False
        )
    )


@pytest.mark.parametrize(("made", "leaves"), [(False, None), (None, True), (False, True)])
def test_a_device_that_contradicts_its_maker_is_refused(made: bool | None, leaves: bool | None) -> None:  # noqa: FBT001  # table values
    """One of the two is wrong."""
    refusal(
        key_inside,
        reenrolled(
            lambda ann: replace(attested(ann), is_generated_inside=made, is_extractable=leaves), is_rehearsal=False
        ),
    )
