"""DEVICE-PLANNED: the device is the one that the plan names."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import keyholders

from ceremony.core.roster import Roster
from ceremony.core.sitting_rules import DeviceCase, device_planned

(ANN,) = keyholders("ann")


def case(planned: str, serial: str) -> DeviceCase:
    """Ann plugs in a device, where the plan names another, the same, or none."""
    return DeviceCase(replace(ANN, device=planned), Roster(), "pkcs11", serial, is_rehearsal=False)


def test_the_planned_device_passes() -> None:
    """By its serial."""
    device_planned.check(case("123", "123"))


def test_any_device_passes_where_none_is_named() -> None:
    """The room enrols one."""
    device_planned.check(case("", "123"))


def test_another_device_is_refused() -> None:
    """Before anybody types its PIN."""
    assert refusal(device_planned, case("123", "124")).wanted == "device 123"
