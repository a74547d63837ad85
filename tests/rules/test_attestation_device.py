"""ATTESTATION-DEVICE: an attestation is about the device that is enrolled."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.cases import attestation_case, refusal
from fakes.people import attested

from ceremony.core.attestation_rules import attestation_device
from ceremony.core.roster import Enrolment


def on_hsm(ann: Enrolment) -> Enrolment:
    """Ann's key on a YubiHSM, whose module fills the serial up with zeros and has no third number of the firmware."""
    found = attested(ann, device="YubiHSM", serial="7654321", firmware="2.4.1", pin_policy="", touch_policy="")
    return replace(found, driver="pkcs11", model="YubiHSM", serial="07654321", firmware="2.41")


PASSING: dict[str, Callable[[Enrolment], Enrolment]] = {
    "the device as it told": attested,
    "no attestation": lambda ann: ann,
    "the way of PKCS#11 to write numbers": on_hsm,
}

REFUSED: dict[str, Callable[[Enrolment], Enrolment]] = {
    "another serial": lambda ann: attested(ann, serial="other"),
    "another firmware": lambda ann: attested(ann, firmware="5.7.3"),
    "a firmware that is none": lambda ann: attested(ann, firmware="new"),
    "another kind of device": lambda ann: attested(ann, device="YubiHSM"),
    "serials that are no numbers, with a zero more": lambda ann: attested(replace(ann, serial="0ab"), serial="ab"),
    "another kind of device through PKCS#11": lambda ann: replace(
        on_hsm(attested(ann)), maker="Yubico", model="YubiKey YK5"
    ),
    "another firmware through PKCS#11": lambda ann: replace(on_hsm(ann), firmware="2.40"),
}


@pytest.mark.parametrize("change", PASSING.values(), ids=PASSING)
def test_an_attestation_of_the_enrolled_device_passes(change: Callable[[Enrolment], Enrolment]) -> None:
    """Serial, firmware and kind are those that the device told itself."""
    attestation_device.check(attestation_case(change))


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_an_attestation_of_another_device_is_refused(change: Callable[[Enrolment], Enrolment]) -> None:
    """It vouches for something else."""
    refusal(attestation_device, attestation_case(change))
