"""REQUEST-SAME: what was signed at a place counts for one payload, and that is the one that goes on."""

from fakes.cases import refusal
from fakes.people import reviewed

from ceremony.core.response_rules import CarriedCase, request_same

FOUND = reviewed()


def test_the_request_that_was_begun_passes() -> None:
    """And one that nobody began."""
    request_same.check(CarriedCase(FOUND, begun=FOUND.fingerprint))
    request_same.check(CarriedCase(FOUND))


def test_a_changed_request_is_refused() -> None:
    """It says so with words of both."""
    other = reviewed(repository="other.example.org").fingerprint
    found = refusal(request_same, CarriedCase(FOUND, begun=other))
    assert FOUND.fingerprint.words[0] in found.found
    assert other.words[0] in found.wanted
