"""RESPONSE-WITHDRAWN: what was given up here, or where the response was made, is not finished by a response."""

from fakes.cases import refusal
from fakes.people import NOW
from fakes.rotations import Holder, Rotation, asked, response_by

from ceremony.core.response_rules import ResponseCase, response_withdrawn
from ceremony.core.transcript import Entry, Transcript
from ceremony.core.withdrawal import WITHDREW

ANN, BOB = Holder("ann"), Holder("bob")
REQUEST = asked(Rotation((ANN, BOB), 2, (ANN, BOB), 2))
RESPONSE = response_by(REQUEST, ANN)
BEGUN = Transcript().add(Entry(NOW, "check", "", "began", "The ceremony begins."))
GIVEN_UP = BEGUN.add(Entry(NOW, "withdraw", "", WITHDREW, "The ceremony is withdrawn: a mistake in the plan."))


def test_a_ceremony_that_goes_on_passes() -> None:
    """As far as anybody's record says."""
    response_withdrawn.check(ResponseCase(RESPONSE, REQUEST, (BEGUN, BEGUN)))
    response_withdrawn.check(ResponseCase(RESPONSE, REQUEST))


def test_a_ceremony_that_was_withdrawn_is_refused() -> None:
    """On whichever record it stands, with the reason."""
    for records in ((GIVEN_UP,), (GIVEN_UP, BEGUN), (BEGUN, GIVEN_UP)):
        found = refusal(response_withdrawn, ResponseCase(RESPONSE, REQUEST, records))
        assert "a mistake in the plan" in found.found
