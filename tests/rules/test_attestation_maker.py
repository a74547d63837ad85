"""ATTESTATION-MAKER: whoever vouches for a key is known."""

from fakes.cases import attestation_case, refusal
from fakes.people import attested

from ceremony.core.attestation_rules import attestation_maker


def test_a_known_maker_passes() -> None:
    """Its root is one that the program has."""
    attestation_maker.check(attestation_case(attested, is_rehearsal=False))


def test_an_enrolment_without_attestation_passes() -> None:
    """Nobody vouches, and nobody claims to."""
    attestation_maker.check(attestation_case(is_rehearsal=False))


def test_any_maker_passes_in_a_rehearsal() -> None:
    """People practise with what they have."""
    attestation_maker.check(attestation_case(lambda ann: attested(ann, maker="")))


def test_a_stranger_is_refused_in_a_real_ceremony() -> None:
    """Anybody can write certificates; the refusal names the root that they end in."""
    case = attestation_case(lambda ann: attested(ann, maker="", root="b" * 64), is_rehearsal=False)
    assert "b" * 16 in refusal(attestation_maker, case).found
