"""ATTESTATION-KEY: an attestation is about the key that is enrolled."""

from dataclasses import replace

from fakes.cases import attestation_case, refusal
from fakes.people import attested, keyid

from ceremony.core.attestation_rules import attestation_key
from ceremony.core.roster import Enrolment


def test_an_attestation_of_the_enrolled_key_passes() -> None:
    """By its keyid."""
    attestation_key.check(attestation_case(attested))


def test_an_enrolment_without_attestation_passes() -> None:
    """Another rule asks for one."""
    attestation_key.check(attestation_case())


def test_an_attestation_of_another_key_is_refused() -> None:
    """Even one of somebody in the same ceremony."""
    found = refusal(attestation_key, attestation_case(lambda ann: attested(ann, keyid=keyid("bob"))))
    assert keyid("bob")[:16] in found.found
    assert keyid("ann")[:16] in found.wanted


def test_an_attestation_of_a_key_with_fields_of_others_passes() -> None:
    """No maker knows what they wrote into it."""

    def named(ann: Enrolment) -> Enrolment:
        found = attested(ann)
        return replace(found, key={**found.key, "x-tuf-on-ci-keyowner": "@ann"})

    attestation_key.check(attestation_case(named))
