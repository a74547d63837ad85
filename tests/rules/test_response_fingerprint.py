"""RESPONSE-FINGERPRINT: what was signed elsewhere is what was reviewed here."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.rotations import Holder, Rotation, asked, response_by

from ceremony.core.response_rules import ResponseCase, response_fingerprint

ANN, BOB, CYD = Holder("ann"), Holder("bob"), Holder("cyd")
REQUEST = asked(Rotation((ANN, BOB), 2, (ANN, BOB), 2))
OTHER = asked(Rotation((ANN, BOB), 2, (ANN, CYD), 2))
RESPONSE = response_by(REQUEST, ANN)


def test_a_response_to_what_was_reviewed_passes() -> None:
    """To some of its files or to all."""
    response_fingerprint.check(ResponseCase(RESPONSE, REQUEST))
    response_fingerprint.check(ResponseCase(replace(RESPONSE, signatures=RESPONSE.signatures[:1]), REQUEST))


def test_a_response_to_other_bytes_is_refused() -> None:
    """With words of both fingerprints."""
    found = refusal(response_fingerprint, ResponseCase(response_by(OTHER, ANN), REQUEST))
    assert OTHER.fingerprint.words[0] in found.found
    assert REQUEST.fingerprint.words[0] in found.wanted


@pytest.mark.parametrize("changes", [{"role": "snapshot"}, {"version": 9}])
def test_a_signature_of_a_file_that_is_not_asked_for_is_refused(changes: dict[str, object]) -> None:
    """Another role, or another version of one."""
    strange = replace(RESPONSE.signatures[0], **changes)
    refusal(response_fingerprint, ResponseCase(replace(RESPONSE, signatures=(strange,)), REQUEST))
