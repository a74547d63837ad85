"""Devices for a rehearsal."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.softhsm import MODULE
from fakes.yubikey_bench import YubikeyBench

from ceremony.cli import practice_devices
from ceremony.cli.practice_devices import make_practice_devices, names_of, spare_of
from ceremony.core.code_rules import CODE_RULES, code_case
from ceremony.errors import RefusedError
from hsm.errors import DeviceAbsentError
from hsm.pkcs11_driver import end_processes


@pytest.fixture(autouse=True)
def _own_softhsm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has tokens of its own: SoftHSM reads where they lie once in a process."""
    monkeypatch.setenv("SOFTHSM2_CONF", "/nowhere")
    monkeypatch.setattr(practice_devices, "usual_modules", lambda: (MODULE,))
    yield
    end_processes()


def test_keyholders_have_names_and_then_numbers() -> None:
    """Three people, and as many more as are wanted."""
    assert names_of(2) == ("ann", "bob")
    assert names_of(5) == ("ann", "bob", "cyd", "keyholder 4", "keyholder 5")


def test_every_keyholder_has_a_software_device_under_a_pin_of_its_own(tmp_path: Path) -> None:
    """The PINs open the devices; none has a PUK, and no YubiKey is looked for."""
    made = make_practice_devices("software", tmp_path, names_of(3))
    assert len({codes.pin.secret for codes in made.codes.values()}) == 3
    assert [codes.puk for codes in made.codes.values()] == [None] * 3
    assert made.yubikeys == {}
    for device in made.look():
        assert made.serials[device.info.label] == device.info.serial
        with device.unlock(made.codes[device.info.serial].pin) as unlocked:
            assert unlocked.info.driver == "software"


def test_without_softhsm_people_are_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its tool nor its module is guessed."""
    monkeypatch.setattr(practice_devices, "usual_modules", tuple)
    with pytest.raises(RefusedError, match="PROGRAM-PRESENT"):
        make_practice_devices("softhsm", tmp_path, ("ann",))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(RefusedError, match="softhsm2-util"):
        make_practice_devices("softhsm", tmp_path, ("ann",))


def test_each_keyholder_gets_a_yubikey_by_serial_and_good_codes_for_it(tmp_path: Path, yubikeys: YubikeyBench) -> None:
    """Chosen, and not yet changed; one that nobody needs is not even shown."""
    made = make_practice_devices("yubikey", tmp_path, names_of(2))
    assert {name: device.info.serial for name, device in made.yubikeys.items()} == {"ann": "101", "bob": "102"}
    assert [device.info.serial for device in made.look()] == ["101", "102"]
    assert all(device.info.has_makers_codes for device in yubikeys.devices())
    for codes in made.codes.values():
        assert codes.puk is not None
        CODE_RULES.check(code_case("PIN", codes.pin.secret, ""))
        CODE_RULES.check(code_case("PUK", codes.puk.secret, codes.pin.secret))


def test_of_three_keyholders_two_have_a_yubikey_and_one_a_token(tmp_path: Path, yubikeys: YubikeyBench) -> None:
    """Mixed; one YubiKey is left alone."""
    made = make_practice_devices("mixed", tmp_path, names_of(3))
    assert sorted(made.yubikeys) == ["ann", "bob"]
    assert [(device.info.driver, device.info.label) for device in made.look()] == [
        ("pkcs11", "cyd"),
        ("yubikey", ""),
        ("yubikey", ""),
    ]
    assert made.codes[made.serials["cyd"]].puk is None
    assert len(yubikeys.devices()) == 3


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_everybody_has_one_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yubikeys: YubikeyBench, count: int
) -> None:
    """However many keyholders there are: a token for every third, a YubiKey for the others."""
    wanted: list[int] = []
    devices = yubikeys.devices() * 2
    monkeypatch.setattr(practice_devices, "blank_yubikeys", lambda many: (wanted.append(many), devices[:many])[1])
    made = make_practice_devices("mixed", tmp_path, names_of(count))
    assert wanted == [count - count // 3] == [len(made.yubikeys)]
    assert {*made.serials} == {*names_of(count)}


def test_a_code_that_anybody_guesses_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yubikeys: YubikeyBench
) -> None:
    """Chance may come up with the maker's own, with a run, or with the PIN once more."""
    assert yubikeys
    digits: Iterator[int] = iter([12345678, 11111111, 1234567, 27182818, 27182818, 16180339])
    monkeypatch.setattr(secrets, "randbelow", lambda _limit: next(digits))
    codes = make_practice_devices("yubikey", tmp_path, ("ann",)).codes["101"]
    assert codes.puk is not None
    assert (codes.pin.secret, codes.puk.secret) == ("27182818", "16180339")


@pytest.mark.parametrize("kind", ["software", "softhsm"])
def test_a_spare_device_is_for_the_last_keyholder(tmp_path: Path, kind: str) -> None:
    """Made with the others, under a PIN of its own, and found by whose it will be."""
    made = make_practice_devices(kind, tmp_path, names_of(2), has_spare=True)
    assert {*made.serials} == {"ann", "bob", spare_of("bob")}
    assert {device.info.serial for device in made.look()} == {*made.serials.values()} == {*made.codes}
    assert len({codes.pin.secret for codes in made.codes.values()}) == 3
    (spare,) = (device for device in made.look() if device.info.serial == made.serials[spare_of("bob")])
    with spare.unlock(made.codes[spare.info.serial].pin) as unlocked:
        assert unlocked.info.label == "second device of bob"


@pytest.mark.parametrize(("count", "driver"), [(2, "yubikey"), (3, "pkcs11")])
def test_a_spare_device_is_of_the_kind_that_its_keyholder_has(
    tmp_path: Path, yubikeys: YubikeyBench, count: int, driver: str
) -> None:
    """Of mixed ones, bob's is a YubiKey and cyd's a token."""
    made = make_practice_devices("mixed", tmp_path, names_of(count), has_spare=True)
    spare = made.serials[spare_of(names_of(count)[-1])]
    assert [device.info.driver for device in made.look() if device.info.serial == spare] == [driver]
    assert len(yubikeys.devices()) - len(made.yubikeys) == (0 if driver == "yubikey" else 1)


def test_a_device_that_was_made_and_cannot_be_seen_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the middle of the ceremony."""
    monkeypatch.setattr(practice_devices, "make_software_device", lambda *_words: None)
    with pytest.raises(DeviceAbsentError) as absent:
        make_practice_devices("software", tmp_path, ("ann",))
    assert absent.value.serial == "ann"
