"""`ceremony devices`: what this machine can see, with no PIN asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.plain_desk import desk_with, run, settings_file
from fakes.rooms import make_device
from fakes.scripted_terminal import paper_console
from fakes.softhsm import softhsm
from fakes.yubikey_bench import YubikeyBench

from ceremony.cli.desk import Desk
from hsm import Codes, DeviceInfo, DeviceKey, Pin, PinState, Scheme, Slot
from hsm.discovery import Found
from hsm.errors import DeviceAbsentError, WrongPinError
from hsm.software_device import list_devices


def folder_with_ann(tmp_path: Path) -> Path:
    """A folder with ann's device, which holds one key."""
    folder = tmp_path / "devices"
    folder.mkdir()
    make_device(folder, "A1", "ann", Pin("271828"))
    with list_devices(folder)[0].unlock(Pin("271828")) as unlocked:
        unlocked.generate("packages", Scheme.ED25519)
    return folder


def labels(settings: Path) -> set[str]:
    """The labels of all devices that these settings show."""
    found = json.loads(run(desk_with(), "--settings", settings, "devices", "--json").plain_out)
    return {each["label"] for each in found["devices"]}


def test_a_device_is_shown_whole(tmp_path: Path) -> None:
    """Serial, label, PIN state, schemes and keys."""
    text = run(desk_with(), "devices", "--devices", folder_with_ann(tmp_path)).out
    pieces = (
        "serial A1",
        "Ceremony software device",
        "ann",
        "3 tries left",
        "ed25519",
        "packages (id ",
        "software",
    )
    assert [piece for piece in pieces if piece not in text] == []
    assert "PUK" not in text
    assert "slots" not in text


def test_machines_get_the_same(tmp_path: Path) -> None:
    """The whole keyid stands there."""
    found = json.loads(run(desk_with(), "devices", "--json", "--devices", folder_with_ann(tmp_path)).plain_out)
    (device,) = found["devices"]
    assert (device["serial"], device["pin"]["attempts_left"]) == ("A1", 3)
    assert len(device["keys"][0]["keyid"]) == 64
    assert device["keys"][0].keys() == {
        *("label", "id", "scheme", "keyid", "is_generated_inside", "is_extractable", "pin_policy", "touch_policy")
    }
    assert (device["puk"], device["slots"], device["trouble"]) == (None, [], None)
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


class _Odd:
    """A device whose maker wrote into it what he liked."""

    info = DeviceInfo(
        driver="pkcs11",
        maker="\x1b[2JAcme",
        model="Key",
        serial="D4",
        label="\u202eann" + "n" * 200,
        firmware="",
        pin=PinState(),
        schemes=(),
        found_in="/m.so",
        puk=PinState(),
        has_pin_pad=True,
    )

    def keys(self) -> tuple[DeviceKey, ...]:
        """None."""
        return ()

    def slots(self) -> tuple[Slot, ...]:
        """Two, one of which is full."""
        return Slot("9c", "Signing"), Slot("9a", "Other", "ab" * 8, "a \x9b31m key")


def test_a_device_that_was_pulled_out_meanwhile_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line says why there are no keys."""
    gone: Any = _PulledOut()
    monkeypatch.setattr(Desk, "find", lambda _desk, _folder: Found((gone,), ()))
    assert "The device is not plugged in" in run(desk_with(), "devices").out
    (device,) = json.loads(run(desk_with(), "devices", "--json").plain_out)["devices"]
    assert (device["keys"], device["slots"]) == (None, None)
    assert device["trouble"] == "The device is not plugged in"


def test_what_a_device_says_neither_steers_the_terminal_nor_widens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels come from strangers; a table fits the narrowest terminal."""
    odd: Any = _Odd()
    monkeypatch.setattr(Desk, "find", lambda _desk, _folder: Found((odd,), ()))
    paper = paper_console(80)
    text = run(desk_with(paper=paper), "devices").out
    assert [letter for letter in text if not letter.isprintable() and letter != "\n"] == []
    assert max(map(len, text.splitlines())) <= 80
    pieces = ("?[2JAcme Key", "tries unknown, typed on the device itself", "9a Other: a ?31m key", "the other 1 empty")
    assert [piece for piece in pieces if piece not in text] == []
    assert run(desk_with(), "devices", "--json").plain_out.isascii()


def test_a_yubikey_tells_all_before_any_pin(yubikeys: YubikeyBench) -> None:
    """Codes, slots, and the key with its policies, in words and for machines."""
    (device,) = (each for each in yubikeys.devices() if each.info.serial == "101")
    device.prepare(None, Codes(Pin("271828ab"), Pin("16180339")))
    with device.unlock(Pin("271828ab")) as unlocked:
        unlocked.generate("packages", Scheme.P256)
    text = run(desk_with(paper=paper_console(80)), "devices").out
    pieces = (
        "YubiKey 5 NFC, serial 101",
        "USB-A keychain",
        "within 15 seconds",
        "5 tries left",
        "packages (id 9c)",
        "PIN always, touch always",
        '9c Digital signature: a P-256 key, made inside, named "packages"',
        "the other 23 empty",
        "YubiKey 5 NFC, serial 102",
        "3 tries left, still the maker's",
        "ceremony device prepare 102",
        "all 24 empty",
    )
    assert [piece for piece in pieces if piece not in " ".join(text.split())] == []
    assert max(map(len, text.splitlines())) <= 80
    first, second, _third = json.loads(run(desk_with(), "devices", "--json").plain_out)["devices"]
    assert (first["puk"]["attempts_left"], first["puk"]["is_default"]) == (5, False)
    assert (first["is_management_key_default"], first["has_makers_codes"]) == (False, False)
    assert (second["is_management_key_default"], second["has_makers_codes"]) == (True, True)
    (key,) = first["keys"]
    assert (key["id"], key["is_generated_inside"], key["is_extractable"]) == ("9c", True, False)
    assert first["slots"][0]["name"] == "9c"
    assert "packages" in first["slots"][0]["content"]


def test_blocked_codes_are_told(yubikeys: YubikeyBench) -> None:
    """Before somebody types one in vain."""
    (device,) = (each for each in yubikeys.devices() if each.info.serial == "101")
    for _try in range(3):
        with pytest.raises(WrongPinError):
            device.unlock(Pin("000000"))
    assert "blocked" in run(desk_with(), "devices").out
    (first, *_others) = json.loads(run(desk_with(), "devices", "--json").plain_out)["devices"]
    assert first["pin"]["is_blocked"]


def test_only_the_tokens_that_settings_name_are_shown(tmp_path: Path) -> None:
    """A module may hold more than belongs to a ceremony."""
    with softhsm(tmp_path / "tokens", {"ann": "271828", "bob": "314159"}) as module:
        both = settings_file(tmp_path, f'[[pkcs11]]\nmodule = "{module}"\n')
        assert labels(both) == {"ann", "bob"}
        one = settings_file(tmp_path, f'[[pkcs11]]\nmodule = "{module}"\ntoken = "pkcs11:token=ann"\n')
        assert labels(one) == {"ann"}


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
    (fault,) = json.loads(machine.plain_out)["faults"]
    assert (fault["serial"], fault["trouble"]) == (str(module), "The device failed")
    assert fault["code"]


def test_settings_name_the_folder_of_software_devices(tmp_path: Path) -> None:
    """Where no folder is named on the command line."""
    file = settings_file(tmp_path, f'software_folder = "{folder_with_ann(tmp_path)}"\n')
    assert "A1" in run(desk_with(), "--settings", file, "devices").out
