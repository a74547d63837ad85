"""RESPONSE-SIGNED: an answer says something."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.rotations import Holder, Rotation, asked, response_by

from ceremony.core.response_rules import ResponseCase, response_signed

ANN, BOB = Holder("ann"), Holder("bob")
REQUEST = asked(Rotation((ANN, BOB), 2, (ANN, BOB), 2))
RESPONSE = response_by(REQUEST, ANN)


def test_one_signature_passes() -> None:
    """Of one file."""
    response_signed.check(ResponseCase(replace(RESPONSE, signatures=RESPONSE.signatures[:1]), REQUEST))


def test_none_is_refused() -> None:
    """Nobody carries that home."""
    refusal(response_signed, ResponseCase(replace(RESPONSE, signatures=()), REQUEST))
