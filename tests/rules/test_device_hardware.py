"""DEVICE-HARDWARE: no real ceremony asks for the PIN of a software device."""

import pytest
from fakes.cases import refusal
from fakes.people import keyholders

from ceremony.core.roster import Roster
from ceremony.core.sitting_rules import DeviceCase, device_hardware

(ANN,) = keyholders("ann")


@pytest.mark.parametrize(("driver", "is_rehearsal"), [("software", True), ("pkcs11", True), ("pkcs11", False)])
def test_hardware_anywhere_and_software_in_rehearsals_pass(driver: str, *, is_rehearsal: bool) -> None:
    """A rehearsal takes either."""
    device_hardware.check(DeviceCase(ANN, Roster(), driver, "1", is_rehearsal))


def test_software_in_a_real_ceremony_is_refused() -> None:
    """Before anybody types its PIN."""
    refusal(device_hardware, DeviceCase(ANN, Roster(), "software", "1", is_rehearsal=False))


SOFTHSM = {"maker": "SoftHSM project", "model": "SoftHSM v2"}


def test_software_behind_pkcs11_in_a_real_ceremony_is_refused() -> None:
    """A token that is a folder is no device."""
    refusal(device_hardware, DeviceCase(ANN, Roster(), "pkcs11", "1", is_rehearsal=False, **SOFTHSM))


def test_software_behind_pkcs11_passes_in_a_rehearsal() -> None:
    """People practise with it."""
    device_hardware.check(DeviceCase(ANN, Roster(), "pkcs11", "1", is_rehearsal=True, **SOFTHSM))
