"""DEVICE-ONCE: the plan names a device for one keyholder."""

from dataclasses import replace

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
