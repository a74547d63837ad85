"""REHEARSAL-DEVICE: software devices sign in rehearsals only."""

from dataclasses import replace

import pytest
from fakes.cases import reenrolled, refusal, usual_roster

from ceremony.core.roster_rules import rehearsal_device


@pytest.mark.parametrize(("driver", "is_rehearsal"), [("software", True), ("pkcs11", True), ("pkcs11", False)])
def test_hardware_anywhere_and_software_in_rehearsals_pass(driver: str, *, is_rehearsal: bool) -> None:
    """A rehearsal takes either."""
    rehearsal_device.check(reenrolled(lambda ann: replace(ann, driver=driver), is_rehearsal=is_rehearsal))


def test_a_software_device_in_a_real_ceremony_is_refused() -> None:
    """Even one among hardware devices."""
    case = reenrolled(lambda ann: replace(ann, driver="software"), is_rehearsal=False)
    assert refusal(rehearsal_device, case).found == "a software device of ann"


def test_software_behind_pkcs11_in_a_real_ceremony_is_refused() -> None:
    """It is known by its names."""
    case = reenrolled(lambda ann: replace(ann, maker="Mozilla Foundation", model="NSS 3"), is_rehearsal=False)
    assert refusal(rehearsal_device, case).found == "a software device of ann"


def test_a_rehearsal_taken_for_real_is_refused() -> None:
    """The mark in the plan decides, not what people meant."""
    case = usual_roster()
    refusal(rehearsal_device, replace(case, plan=replace(case.plan, is_rehearsal=False)))
