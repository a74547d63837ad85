"""DEVICE-ENROLLED: everybody signs with their own device."""

from dataclasses import replace

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


def with_serial(name: str, serial: str) -> Roster:
    """Everybody, with this serial on the device of `name`."""
    enrolment = EVERYBODY.of(name)
    assert enrolment is not None
    return EVERYBODY.replace(replace(enrolment, serial=serial))


def test_the_enrolled_device_passes_whatever_zeros_stand_before_its_serial() -> None:
    """It is the same number."""
    device_enrolled.check(DeviceCase(ANN, with_serial("ann", "0042"), "software", "42", is_rehearsal=True))


def test_somebody_elses_device_is_refused_whatever_zeros_stand_before_its_serial() -> None:
    """The same number is the same device."""
    found = refusal(
        device_enrolled, DeviceCase(STRANGER, with_serial("bob", "0042"), "pkcs11", "42", is_rehearsal=True)
    )
    assert found.found == "device 42, which is bob's"


@pytest.mark.parametrize("driver", ["software", "pkcs11"])
def test_somebody_elses_device_is_refused(driver: str) -> None:
    """The stranger takes bob's, by whichever driver."""
    found = refusal(device_enrolled, DeviceCase(STRANGER, EVERYBODY, driver, "serial-of-bob", is_rehearsal=True))
    assert found.found == "device serial-of-bob, which is bob's"
