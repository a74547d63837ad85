"""`ceremony devices`: what this machine can see, with no PIN asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.plain_desk import desk_with, run, settings_file
from fakes.rooms import make_device

from ceremony.cli.desk import Desk
from hsm import DeviceInfo, DeviceKey, Pin, PinState, Scheme
from hsm.discovery import Found
from hsm.errors import DeviceAbsentError
from hsm.software_device import list_devices


def folder_with_ann(tmp_path: Path) -> Path:
    """A folder with ann's device, which holds one key."""
    folder = tmp_path / "devices"
    folder.mkdir()
    make_device(folder, "A1", "ann", Pin("271828"))
    with list_devices(folder)[0].unlock(Pin("271828")) as unlocked:
        unlocked.generate("packages", Scheme.ED25519)
    return folder


def test_a_device_is_shown_whole(tmp_path: Path) -> None:
    """Serial, label, PIN state, schemes and keys."""
    text = run(desk_with(), "devices", "--devices", folder_with_ann(tmp_path)).out
    for piece in ("A1", "ann: Ceremony software device", "3 tries left", "ed25519", "packages: ed25519 "):
        assert piece in text


def test_machines_get_the_same(tmp_path: Path) -> None:
    """The whole keyid stands there."""
    found = json.loads(run(desk_with(), "devices", "--json", "--devices", folder_with_ann(tmp_path)).plain_out)
    (device,) = found["devices"]
    assert (device["serial"], device["pin"]["attempts_left"]) == ("A1", 3)
    assert len(device["keys"][0]["keyid"]) == 64
    assert found["faults"] == []


def test_a_device_without_keys_says_so(tmp_path: Path) -> None:
    """An empty cell would be a riddle."""
    (tmp_path / "devices").mkdir()
    make_device(tmp_path / "devices", "B2", "bob", Pin("314159"))
    assert "none" in run(desk_with(), "devices", "--devices", tmp_path / "devices").out


class _PulledOut:
    """A device that was there a moment ago."""

    info = DeviceInfo("pkcs11", "Acme", "Key", "C3", "cyd", "1", PinState(), ())

    def keys(self) -> tuple[DeviceKey, ...]:
        """Nothing any more."""
        raise DeviceAbsentError("C3")


def test_a_device_that_was_pulled_out_meanwhile_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line says why there are no keys."""
    gone: Any = _PulledOut()
    monkeypatch.setattr(Desk, "find", lambda _desk, _folder: Found((gone,), ()))
    assert "The device is not plugged in" in run(desk_with(), "devices").out
    assert json.loads(run(desk_with(), "devices", "--json").plain_out)["devices"][0]["keys"] is None


def test_no_device_is_said_in_words() -> None:
    """That is no error."""
    ended = run(desk_with(), "devices")
    assert ended.status == 0
    assert "No device is plugged in" in ended.out


def test_what_cannot_be_read_is_listed_as_a_fault(tmp_path: Path) -> None:
    """A broken module does not hide the others."""
    module = tmp_path / "broken.so"
    module.write_bytes(b"no library")
    file = settings_file(tmp_path, f'[[pkcs11]]\nmodule = "{module}"\n')
    folder = folder_with_ann(tmp_path)
    ended = run(desk_with(), "--settings", file, "devices", "--devices", folder)
    assert "A1" in ended.out
    assert "The device failed" in ended.out
    machine = run(desk_with(), "--settings", file, "devices", "--devices", folder, "--json")
    assert json.loads(machine.plain_out)["faults"][0]["serial"] == str(module)


def test_settings_name_the_folder_of_software_devices(tmp_path: Path) -> None:
    """Where no folder is named on the command line."""
    file = settings_file(tmp_path, f'software_folder = "{folder_with_ann(tmp_path)}"\n')
    assert "A1" in run(desk_with(), "--settings", file, "devices").out
