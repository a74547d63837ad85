"""ENROLMENT-ATTESTED: for a key that was enrolled out of sight its device's maker speaks, or a reason in the plan."""

import pytest
from fakes.cases import refusal

from ceremony.core.sitting_rules import TakenCase, enrolment_attested

WHY = "her token is of a kind that attests nothing"


def case(*, is_rehearsal: bool, is_attested: bool, exception: str = "") -> TakenCase:
    """Ann's enrolment, brought from elsewhere."""
    return TakenCase(b"plan", b"plan", "ann", ("ann",), "enrolment", is_rehearsal, is_attested, exception)


@pytest.mark.parametrize(
    ("is_rehearsal", "is_attested", "exception"),
    [(False, True, ""), (False, False, WHY), (True, False, ""), (True, True, WHY)],
)
def test_an_attested_key_a_reason_or_a_rehearsal_passes(
    *, is_rehearsal: bool, is_attested: bool, exception: str
) -> None:
    """Any of them is enough."""
    enrolment_attested.check(case(is_rehearsal=is_rehearsal, is_attested=is_attested, exception=exception))


def test_a_key_that_nobody_attests_is_refused() -> None:
    """Whoever made the bundle could have made the key in a file."""
    assert "ann" in refusal(enrolment_attested, case(is_rehearsal=False, is_attested=False)).found
