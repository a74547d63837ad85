"""A rehearsal has a plan that keeps every rule, and a device for each keyholder."""

from datetime import timedelta
from pathlib import Path

import pytest
from fakes.rooms import NOW, make_device

from ceremony.core.plan import parse_plan
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.engine.practice import make_practice, practice_plan, throwaway_online_key
from ceremony.errors import StorageError
from hsm import Pin
from hsm.software_device import list_devices


@pytest.mark.parametrize(("names", "threshold"), [(("ann", "bob", "cyd"), 2), (tuple("abcde"), 3), (("ann", "bob"), 2)])
def test_the_plan_of_a_rehearsal_keeps_every_rule_and_is_marked(names: tuple[str, ...], threshold: int) -> None:
    """However many keyholders there are."""
    plan = practice_plan(names, threshold, NOW, throwaway_online_key())

    PLAN_RULES.check(PlanCase(plan, Policy()))
    assert plan.is_rehearsal
    assert dict(plan.thresholds) == dict.fromkeys(OFFLINE_ROLES, threshold)


def test_a_rehearsal_can_be_held_now_and_for_a_day() -> None:
    """Its window opens at the full hour."""
    window = practice_plan(("ann", "bob"), 2, NOW, throwaway_online_key()).window

    assert window.opens <= NOW < window.closes == window.opens + timedelta(days=1)


def test_every_rehearsal_has_an_online_key_of_its_own() -> None:
    """Nobody keeps the other half."""
    assert throwaway_online_key().keyid() != throwaway_online_key().keyid()


def test_each_keyholder_has_a_device_with_a_pin(tmp_path: Path) -> None:
    """The plan on the disk names them; each PIN opens its device."""
    practice = make_practice(tmp_path / "new/folder", ("ann", "bob"), 2, NOW, make_device)

    plan = parse_plan(practice.plan.read_bytes(), "plan.toml")
    devices = list_devices(practice.devices)
    assert [each.info.label for each in devices] == [holder.name for holder in plan.keyholders]
    assert list(practice.pins) == [each.info.serial for each in devices]
    for device in devices:
        device.unlock(practice.pins[device.info.serial]).close()


def test_pins_have_six_digits_and_hide_themselves(tmp_path: Path) -> None:
    """Also those that begin with zeros."""
    given: list[Pin] = []
    practice = make_practice(
        tmp_path, tuple("abcdefghij"), 2, NOW, lambda _folder, _serial, _label, pin: given.append(pin)
    )

    assert list(practice.pins.values()) == given
    assert all(len(pin.secret) == 6 and pin.secret.isdigit() for pin in given)
    assert not any(pin.secret in repr(practice) for pin in given)


@pytest.mark.parametrize("taken", ["devices", "plan.toml"])
def test_a_rehearsal_that_is_there_is_never_touched(tmp_path: Path, taken: str) -> None:
    """EEXIST."""
    (tmp_path / taken).mkdir()

    with pytest.raises(StorageError) as refused:
        make_practice(tmp_path, ("ann", "bob"), 2, NOW, make_device)

    assert refused.value.reason == "EEXIST"
