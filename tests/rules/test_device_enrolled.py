"""DEVICE-ENROLLED: everybody signs with their own device."""

import pytest
from fakes.cases import refusal
from fakes.people import keyholders, plan, roster

from ceremony.core.roster import Roster
from ceremony.core.sitting_rules import DeviceCase, device_enrolled

ANN, BOB, STRANGER = keyholders("ann", "bob", "stranger")
EVERYBODY = roster(plan())


def test_the_enrolled_device_passes() -> None:
    """Ann comes back with hers."""
    device_enrolled.check(DeviceCase(ANN, EVERYBODY, "software", "serial-of-ann", is_rehearsal=True))


@pytest.mark.parametrize("holders", [Roster(), EVERYBODY])
def test_a_new_device_of_somebody_new_passes(holders: Roster) -> None:
    """The stranger is not enrolled yet, and nobody else has this device."""
    device_enrolled.check(DeviceCase(STRANGER, holders, "software", "serial-of-stranger", is_rehearsal=True))


@pytest.mark.parametrize(("driver", "serial"), [("software", "another"), ("pkcs11", "serial-of-ann")])
def test_another_device_of_the_same_person_is_refused(driver: str, serial: str) -> None:
    """Its key is not the one that counts; nor is one reached by another way."""
    refusal(device_enrolled, DeviceCase(ANN, EVERYBODY, driver, serial, is_rehearsal=True))


@pytest.mark.parametrize("driver", ["software", "pkcs11"])
def test_somebody_elses_device_is_refused(driver: str) -> None:
    """The stranger takes bob's, by whichever driver."""
    found = refusal(device_enrolled, DeviceCase(STRANGER, EVERYBODY, driver, "serial-of-bob", is_rehearsal=True))
    assert found.found == "device serial-of-bob, which is bob's"
