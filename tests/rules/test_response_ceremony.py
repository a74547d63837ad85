"""RESPONSE-CEREMONY: an answer belongs to one ceremony of one repository."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.rotations import Holder, Rotation, asked, response_by

from ceremony.core.response_rules import ResponseCase, response_ceremony

ANN, BOB = Holder("ann"), Holder("bob")
REQUEST = asked(Rotation((ANN, BOB), 2, (ANN, BOB), 2))
RESPONSE = response_by(REQUEST, ANN)


def test_a_response_to_this_ceremony_passes() -> None:
    """Of this repository."""
    response_ceremony.check(ResponseCase(RESPONSE, REQUEST))


@pytest.mark.parametrize("changes", [{"ceremony": "another-root"}, {"repository": "other.example.org"}])
def test_a_response_to_another_is_refused(changes: dict[str, str]) -> None:
    """By either name, which both stand in the refusal."""
    found = refusal(response_ceremony, ResponseCase(replace(RESPONSE, **changes), REQUEST))
    assert [each for each in changes.values() if each not in found.found] == []
