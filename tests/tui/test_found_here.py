"""What a page finds beside a plan or a bundle, by names alone."""

from dataclasses import replace
from pathlib import Path

from tui import stage

from ceremony.tui.found_here import devices_beside
from hsm import Pin
from hsm.discovery import create_software_device


def test_a_rehearsal_goes_on_with_the_software_devices_beside_it(tmp_path: Path) -> None:
    """With those alone; a real ceremony never."""
    devices = tmp_path / "devices"
    devices.mkdir()
    create_software_device(devices, "100", "ann", Pin("123456"))
    assert devices_beside(tmp_path / "plan.toml", replace(stage.plan(), is_rehearsal=True)) == devices
    assert devices_beside(tmp_path / "plan.toml", replace(stage.plan(), is_rehearsal=False)) is None


def test_a_rehearsal_with_other_devices_goes_on_with_what_is_plugged_in(tmp_path: Path) -> None:
    """Its folder of devices may be missing, be empty, or hold what tokens need."""
    plan = replace(stage.plan(), is_rehearsal=True)
    assert devices_beside(tmp_path / "plan.toml", plan) is None
    devices = tmp_path / "devices"
    devices.mkdir()
    assert devices_beside(tmp_path / "plan.toml", plan) is None
    (devices / "tokens").mkdir()
    assert devices_beside(tmp_path / "plan.toml", plan) is None
