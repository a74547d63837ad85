"""ATTESTATION-INSIDE: by its maker's word a key was made inside its device and stays there."""

import pytest
from fakes.cases import attestation_case, refusal
from fakes.people import attested

from ceremony.core.attestation_rules import attestation_inside


def test_a_key_that_was_made_inside_and_stays_there_passes() -> None:
    """As the maker attests."""
    attestation_inside.check(attestation_case(attested))


def test_an_enrolment_without_attestation_passes() -> None:
    """There the device's own word is judged, by KEY-INSIDE."""
    attestation_inside.check(attestation_case())


@pytest.mark.parametrize(("made", "leaves"), [(False, False), (True, True), (False, True)])
@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_a_key_that_was_imported_or_may_leave_is_refused(*, made: bool, leaves: bool, is_rehearsal: bool) -> None:
    """Whatever it signs: root, targets or bins."""
    case = attestation_case(
        lambda ann: attested(ann, is_generated_inside=made, is_extractable=leaves), is_rehearsal=is_rehearsal
    )
    assert "ann" in refusal(attestation_inside, case).found
