"""REQUEST-SCANNED: what came by two ways says the same, or nobody signs."""

from fakes.cases import refusal
from fakes.people import reviewed

from ceremony.core.response_rules import CarriedCase, request_scanned

FOUND = reviewed()


def test_the_same_by_two_ways_passes() -> None:
    """And one way alone."""
    request_scanned.check(CarriedCase(FOUND, scanned=(FOUND.draft.plan.id, FOUND.fingerprint)))
    request_scanned.check(CarriedCase(FOUND))


def test_another_ceremony_is_refused() -> None:
    """Even with the same bytes."""
    refusal(request_scanned, CarriedCase(FOUND, scanned=("another-root", FOUND.fingerprint)))


def test_another_fingerprint_is_refused() -> None:
    """One of the two was changed on its way."""
    other = reviewed(repository="other.example.org").fingerprint
    refusal(request_scanned, CarriedCase(FOUND, scanned=(FOUND.draft.plan.id, other)))
