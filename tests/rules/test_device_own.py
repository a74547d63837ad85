"""DEVICE-OWN: one person, one device."""

from dataclasses import replace

from fakes.cases import reenrolled, refusal, usual_roster

from ceremony.core.roster import Roster
from ceremony.core.roster_rules import device_own


def test_a_device_for_each_passes() -> None:
    """Three people, three serials."""
    device_own.check(usual_roster())


def test_one_device_for_two_is_refused() -> None:
    """Two keys on it make no second person."""
    found = refusal(device_own, reenrolled(lambda ann: replace(ann, serial="serial-of-bob")))
    assert found.found == "device serial-of-bob for two keyholders"


def test_zeros_before_a_serial_make_no_second_device_and_are_refused() -> None:
    """One driver tells them, another does not."""
    case = reenrolled(lambda ann: replace(ann, serial="0042"))
    ann, bob, cyd = case.roster.enrolments
    refusal(device_own, replace(case, roster=Roster((ann, replace(bob, serial="42"), cyd))))


def test_one_device_through_two_drivers_is_refused() -> None:
    """It stays one device."""
    refusal(device_own, reenrolled(lambda ann: replace(ann, serial="serial-of-bob", driver="yubikey")))
