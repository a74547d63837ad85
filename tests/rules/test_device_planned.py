"""DEVICE-PLANNED: the device is the one that the plan names."""

from dataclasses import replace

import pytest
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


@pytest.mark.parametrize(("planned", "serial"), [("0123", "123"), ("123", "0123"), ("pkcs11:serial=123", "0123")])
def test_zeros_before_a_serial_pass(planned: str, serial: str) -> None:
    """They are no part of it."""
    device_planned.check(case(planned, serial))


def test_another_device_is_refused() -> None:
    """Before anybody types its PIN."""
    assert refusal(device_planned, case("123", "124")).wanted == "device 123"


TOLD = {"label": "ann's", "maker": "Acme", "model": "Model 5"}


def test_the_device_that_a_uri_names_passes() -> None:
    """By its label, maker and model."""
    found = replace(case("pkcs11:token=ann's;manufacturer=Acme;model=Model%205", "123"), **TOLD)
    device_planned.check(found)


@pytest.mark.parametrize("uri", ["pkcs11:token=bob's", "pkcs11:token=ann's;serial=124", "pkcs11:serial="])
def test_a_device_that_a_uri_does_not_name_is_refused(uri: str) -> None:
    """All that the URI says has to fit, and a broken one names nothing."""
    assert refusal(device_planned, replace(case(uri, "123"), **TOLD)).wanted == f"device {uri}"
