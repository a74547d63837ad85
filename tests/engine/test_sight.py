"""Devices and faults of one look, and which devices count."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.rooms import make_device

from ceremony.core.token_uri import parse_token_uri
from ceremony.engine.sight import Seen, Sight, counts
from ceremony.settings import Settings
from hsm import Pin
from hsm.errors import DeviceBusyError
from hsm.software_device import list_devices


def test_devices_and_faults_are_of_one_look(tmp_path: Path) -> None:
    """Asking for the faults looks at nothing; they are those of the last listing."""
    make_device(tmp_path, "10001", "ann", Pin("123456"))
    looks: list[Seen] = []

    def find() -> Seen:
        looks.append((list_devices(tmp_path), (DeviceBusyError(f"reader {len(looks)}"),)))
        return looks[-1]

    sight = Sight(find)
    assert sight.faults() == ()
    assert looks == []
    for number in (1, 2):
        assert sight.devices() == looks[-1][0]
        assert sight.faults() == sight.faults() == looks[-1][1]
        assert len(looks) == number


@pytest.mark.parametrize(
    ("driver", "label", "is_counted"), [("pkcs11", "ann", True), ("pkcs11", "bob", False), ("yubikey", "bob", True)]
)
def test_settings_name_tokens_of_a_module_alone(tmp_path: Path, driver: str, label: str, *, is_counted: bool) -> None:
    """What no module shows counts always."""
    make_device(tmp_path, "10001", label, Pin("123456"))
    (device,) = list_devices(tmp_path)
    module = tmp_path / "module.so"
    settings = Settings(pkcs11_modules=(module,), tokens={module: (parse_token_uri("pkcs11:token=ann"),)})
    assert counts(settings, replace(device.info, driver=driver, found_in=str(module))) is is_counted
