"""Make-believe devices."""

import shutil
from pathlib import Path

import pytest

from ceremony.cli import practice_devices
from ceremony.cli.practice_devices import make_softhsm_tokens, make_software_devices, names_of
from ceremony.errors import RefusedError


def test_keyholders_have_names_and_then_numbers() -> None:
    """Three people, and as many more as are wanted."""
    assert names_of(2) == ("ann", "bob")
    assert names_of(5) == ("ann", "bob", "cyd", "keyholder 4", "keyholder 5")


def test_every_keyholder_has_a_software_device_under_a_pin_of_its_own(tmp_path: Path) -> None:
    """The PINs open the devices."""
    made = make_software_devices(tmp_path, names_of(3))
    assert len({pin.secret for pin in made.pins.values()}) == 3
    for device in made.look():
        with device.unlock(made.pins[device.info.label]) as unlocked:
            assert unlocked.info.driver == "software"


def test_without_softhsm_people_are_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its tool nor its module is guessed."""
    monkeypatch.setattr(practice_devices, "usual_modules", tuple)
    with pytest.raises(RefusedError, match="PROGRAM-PRESENT"):
        make_softhsm_tokens(tmp_path, ("ann",))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(RefusedError, match="softhsm2-util"):
        make_softhsm_tokens(tmp_path, ("ann",))
