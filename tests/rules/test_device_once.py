"""DEVICE-ONCE: the plan names a device for one keyholder."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import keyholders, plan

from ceremony.core.plan_rules import PlanCase, device_once
from ceremony.core.policy import Policy


def case(*devices: str) -> PlanCase:
    """The usual plan, in which ann, bob and cyd have these devices."""
    holders = zip(keyholders("ann", "bob", "cyd"), devices, strict=True)
    return PlanCase(plan(keyholders=tuple(replace(holder, device=device) for holder, device in holders)), Policy())


def test_a_device_for_each_or_none_named_passes() -> None:
    """Leaving a device open for two people names no device twice."""
    device_once.check(case("1", "2", "3"))
    device_once.check(case("1", "", ""))


def test_one_device_for_two_is_refused() -> None:
    """Whoever they are."""
    assert refusal(device_once, case("1", "2", "1")).found == "device 1 for two keyholders"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("pkcs11:token=a", "pkcs11:token=%61"),
        ("pkcs11:token=a;model=b", "pkcs11:model=b;token=a"),
        ("pkcs11:token=a;serial=1", "1"),
        ("pkcs11:token=a;serial=1", "pkcs11:serial=1"),
        ("0123", "123"),
        ("pkcs11:serial=0123", "123"),
    ],
)
def test_one_device_by_two_names_is_refused(first: str, second: str) -> None:
    """However it is spelled."""
    refusal(device_once, case(first, second, ""))


def test_two_tokens_pass() -> None:
    """Each by its URI."""
    device_once.check(case("pkcs11:token=a", "pkcs11:token=b", "pkcs11:serial=1"))
