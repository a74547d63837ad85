"""ATTESTATION-POLICIES: a YubiKey asks for PIN and touch each time it signs."""

import pytest
from fakes.cases import attestation_case, refusal
from fakes.people import attested

from ceremony.core.attestation_rules import attestation_policies


def test_a_key_that_always_asks_passes() -> None:
    """For both."""
    attestation_policies.check(attestation_case(attested))


def test_a_yubihsm_has_no_such_policies_and_passes() -> None:
    """Nor has an enrolment without attestation."""
    attestation_policies.check(
        attestation_case(lambda ann: attested(ann, device="YubiHSM", pin_policy="", touch_policy=""))
    )
    attestation_policies.check(attestation_case())


@pytest.mark.parametrize(
    ("pin", "touch"),
    [("once", "always"), ("never", "always"), ("always", "cached"), ("always", "never"), ("match always", "always")],
)
def test_a_key_that_asks_less_often_is_refused(pin: str, touch: str) -> None:
    """One PIN or one touch for many signatures is not enough."""
    found = refusal(
        attestation_policies, attestation_case(lambda ann: attested(ann, pin_policy=pin, touch_policy=touch))
    )
    assert found.found == f"PIN {pin}, touch {touch}"


def test_a_key_of_which_nothing_is_said_is_refused() -> None:
    """Silence is no policy."""
    case = attestation_case(lambda ann: attested(ann, pin_policy="", touch_policy=""))
    assert refusal(attestation_policies, case).found == "PIN unknown, touch unknown"
