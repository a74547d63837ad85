"""Which devices are plugged in, from every source at once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.bench import PINS
from fakes.card_lab import CardLab
from fakes.pkcs11_cards import OPENSC, card_with_key
from fakes.softhsm import MODULE, softhsm
from fakes.yubikey_bench import YubikeyBench, yubikey_bench

import hsm
from hsm import Pin
from hsm.discovery import Found, Sources, create_software_device, find_devices, usual_modules
from hsm.pkcs11_driver import end_processes
from hsm.software_device import SoftwareDevice
from hsm.yubikey_link import Link, is_yubikey

OTHER_READER = "08e6:3437"
OPENSC_SETTINGS = Path(hsm.__file__).with_name("opensc.conf")


@pytest.fixture
def yubikeys(tmp_path: Path) -> Iterator[YubikeyBench]:
    """Ann's and bob's YubiKeys."""
    yield from yubikey_bench(tmp_path / "lab")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Sources]:
    """A SoftHSM with two tokens, and a folder with one software device."""
    SoftwareDevice.create(tmp_path, "100", "cyd", Pin("141421"))
    with softhsm(tmp_path / "softhsm", PINS) as module:
        yield Sources((module,), tmp_path)


def test_no_source_has_no_devices() -> None:
    """Without sources nothing is found, and nothing fails."""
    assert find_devices(Sources()) == Found((), ())


def test_devices_come_by_driver_then_serial(both: Sources) -> None:
    """PKCS#11 tokens by serial, then software devices."""
    infos = [device.info for device in find_devices(both).devices]
    assert [info.driver for info in infos] == ["pkcs11", "pkcs11", "software"]
    assert infos[0].serial < infos[1].serial


def test_a_module_named_twice_is_asked_once(both: Sources) -> None:
    """The same module under two names shows each token once."""
    again = both.software_folder / "link.so"
    again.symlink_to(MODULE)
    twice = Sources((*both.pkcs11_modules, *both.pkcs11_modules, again))
    assert len(find_devices(twice).devices) == 2


def test_a_module_that_does_not_load_is_told_and_hides_nothing(both: Sources, tmp_path: Path) -> None:
    """One fault by the module's path, and the devices of all other sources."""
    broken = tmp_path / "broken.so"
    broken.write_text("no module")
    found = find_devices(Sources((broken, tmp_path / "missing.so", *both.pkcs11_modules), tmp_path))
    assert len(found.devices) == 3
    assert [fault.serial for fault in found.faults] == [str(broken), str(tmp_path / "missing.so")]
    assert all(fault.__cause__ for fault in found.faults)


def test_a_malformed_device_file_is_told_and_hides_nothing(tmp_path: Path) -> None:
    """A file that is no device becomes a fault; its neighbours are listed."""
    SoftwareDevice.create(tmp_path, "100", "ann", Pin("1"))
    (tmp_path / "099.json").write_text("{")
    found = find_devices(Sources(software_folder=tmp_path))
    assert [device.info.serial for device in found.devices] == ["100"]
    assert [fault.serial for fault in found.faults] == ["099"]


def test_a_folder_that_is_not_there_has_no_devices(tmp_path: Path) -> None:
    """A software folder not made yet is empty."""
    assert find_devices(Sources(software_folder=tmp_path / "none")) == Found((), ())


def test_a_software_device_made_is_listed_next(tmp_path: Path) -> None:
    """What was made for a rehearsal is found in its folder, as it was made."""
    made = create_software_device(tmp_path, "100", "ann", Pin(PINS["ann"]))
    assert find_devices(Sources(software_folder=tmp_path)).devices == (made,)


def test_a_missing_driver_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where python-pkcs11 is not installed, each module named becomes a fault."""
    monkeypatch.setitem(sys.modules, "hsm.pkcs11_device", None)
    monkeypatch.delattr("hsm.pkcs11_device", raising=False)
    (fault,) = find_devices(Sources((tmp_path / "module.so",))).faults
    assert (fault.serial, fault.code) == (str(tmp_path / "module.so"), "ImportError")


def test_a_missing_yubikey_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pyscard is not installed, that is the one fault, and only where YubiKeys are looked for."""
    monkeypatch.setitem(sys.modules, "hsm.yubikey_device", None)
    monkeypatch.delattr("hsm.yubikey_device", raising=False)
    (fault,) = find_devices(Sources(yubikeys=True)).faults
    assert (fault.serial, fault.code) == ("PC/SC", "ImportError")
    assert find_devices(Sources()) == Found((), ())


def test_devices_of_every_driver_come_together(both: Sources, yubikeys: YubikeyBench) -> None:
    """PKCS#11 tokens, software devices and YubiKeys, in that order; a YubiKey that fails hides none of them."""
    everywhere = replace(both, yubikeys=True)
    assert [device.info.driver for device in find_devices(everywhere).devices] == [
        "pkcs11",
        "pkcs11",
        "software",
        "yubikey",
        "yubikey",
    ]
    yubikeys.cards["ann"].hook = lambda _: b"\x6f\x00"
    found = find_devices(everywhere)
    assert (len(found.devices), len(found.faults)) == (4, 1)


def test_yubikeys_are_looked_for_only_where_that_is_said(both: Sources, yubikeys: YubikeyBench) -> None:
    """Without the setting no YubiKey is asked anything."""
    for card in yubikeys.cards.values():
        card.log.clear()
    assert {device.info.driver for device in find_devices(both).devices} == {"pkcs11", "software"}
    assert [card.log for card in yubikeys.cards.values()] == [[], []]


@pytest.fixture
def own_opensc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever uses this machine has told OpenSC to take what it finds."""
    settings = tmp_path / "opensc.conf"
    settings.write_text("app default {\n}\n")
    monkeypatch.setenv("OPENSC_CONF", str(settings))
    monkeypatch.setenv("OPENSC_DRIVER", "PIV-II")


@pytest.mark.usefixtures("own_opensc")
@pytest.mark.parametrize("name", ["libykcs11.so", "opensc-pkcs11.so"])
def test_a_module_that_knows_yubikeys_too_does_not_keep_them_from_us(yubikeys: YubikeyBench, name: str) -> None:
    """Each YubiKey is listed once, by its own driver, and opens by its PIN, again and again."""
    before = dict(os.environ)
    (module,) = (each for each in usual_modules() if each.name.startswith(name))
    everywhere = Sources((module,), yubikeys=True)
    for _ in range(2):
        found = find_devices(everywhere)
        assert [(device.info.driver, device.info.serial) for device in found.devices] == [
            ("yubikey", "101"),
            ("yubikey", "102"),
        ]
        assert found.faults == ()
        for device in found.devices:
            device.unlock(Pin(PINS[yubikeys.owner(device)])).close()
    assert dict(os.environ) == before


@pytest.mark.usefixtures("own_opensc")
@pytest.mark.skipif(OPENSC is None, reason="OpenSC is not installed")
def test_a_yubikey_in_a_reader_of_another_name_is_not_for_opensc(tmp_path: Path) -> None:
    """As over NFC: no token of OpenSC's is shown, and the card is not kept; unless YubiKeys are OpenSC's to ask."""
    assert OPENSC is not None
    with CardLab.started(tmp_path / "lab") as lab:
        reader = lab.plug(card_with_key(4711, "ann", PINS["ann"]), OTHER_READER).reader
        assert not is_yubikey(reader)
        try:
            for _ in range(2):
                assert find_devices(Sources((OPENSC,), yubikeys=True)) == Found((), ())
            Link(reader).close()
            end_processes()
            assert len(find_devices(Sources((OPENSC,))).devices) == 1
        finally:
            end_processes()


@pytest.mark.skipif(OPENSC is None, reason="OpenSC is not installed")
def test_opensc_keeps_every_driver_but_that_for_piv_cards(tmp_path: Path) -> None:
    """Whoever has another card there goes on with it."""
    plain = tmp_path / "opensc.conf"
    plain.write_text("app default {\n}\n")
    assert opensc_drivers(plain) - opensc_drivers(OPENSC_SETTINGS) == {"PIV-II", "default"}
    assert opensc_drivers(OPENSC_SETTINGS) < opensc_drivers(plain)


def opensc_drivers(settings: Path) -> set[str]:
    """The names of its card drivers under these settings."""
    environment = {**os.environ, "OPENSC_CONF": str(settings)}
    tool = subprocess.run(["opensc-tool", "-D"], env=environment, capture_output=True, text=True, check=True)
    return {line.split()[0] for line in tool.stdout.splitlines() if line.startswith("  ")}


def test_usual_modules_are_those_that_exist_each_once(tmp_path: Path) -> None:
    """Only files that are there are named; a link and its target count once; SoftHSM comes first."""
    softhsm_module = tmp_path / "a" / "softhsm" / "libsofthsm2.so"
    softhsm_module.parent.mkdir(parents=True)
    softhsm_module.touch()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "opensc-pkcs11.so").touch()
    (tmp_path / "a" / "opensc-pkcs11.so").symlink_to(tmp_path / "b" / "opensc-pkcs11.so")
    modules = usual_modules((tmp_path / "a", tmp_path / "b", tmp_path / "c"))
    assert modules == (softhsm_module, tmp_path / "b" / "opensc-pkcs11.so")


def test_the_softhsm_of_this_machine_is_a_usual_module() -> None:
    """Where SoftHSM was installed from a package, it is found without a setting."""
    assert MODULE in usual_modules()
