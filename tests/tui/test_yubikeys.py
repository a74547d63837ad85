"""The screens with YubiKeys: virtual keys behind a real pcscd and the real driver, by keys alone."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import rooms
from fakes.card_lab import CardLab
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority
from textual.pilot import Pilot
from tui import stage

from ceremony.core.machine_rules import Machine
from ceremony.core.plan import write_plan
from ceremony.engine.bundle import open_bundle
from ceremony.engine.practice import practice_plan, throwaway_online_key
from ceremony.settings import Settings
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.enrolled import EnrolledPage
from ceremony.tui.screens.my_device import MyDevicePage
from ceremony.tui.this_machine import desk_for
from hsm import Codes, Pin
from hsm.discovery import Sources, find_devices
from hsm.errors import WrongPinError

PIN, PUK, NEW_PIN = "834512", "96385214", "615243"
SERIAL = 30000001


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[CardLab]:
    """A table without devices."""
    with CardLab.started(tmp_path / "lab") as started:
        yield started


def key_of(folder: Path) -> VirtualYubiKey:
    """A YubiKey as new; the certificates that vouch for it lie in `folder`."""
    authority = YubicoLikeAuthority.make("new")
    (folder / "makers").mkdir()
    authority.save(folder / "makers")
    return VirtualYubiKey(SERIAL, authority=authority)


def app_at(folder: Path, page: type[EnrolAlonePage | MyDevicePage] = EnrolAlonePage) -> CeremonyApp:
    """This page, at a desk that sees YubiKeys and nothing else; a rehearsal's plan lies in `folder`."""
    plan = practice_plan(rooms.NAMES, 2, rooms.NOW, throwaway_online_key())
    (folder / "plan.toml").write_text(write_plan(plan), encoding="utf-8")
    found = desk_for(Settings(pkcs11_modules=(), attestation_folders=(folder / "makers",)), folder)
    desk = replace(found, clock=lambda: rooms.NOW, machine=Machine)
    return CeremonyApp(desk, page(desk))


async def begun_by_ann(pilot: Pilot[Any]) -> None:
    """Ann says who she is, and chooses the only device there is."""
    await stage.shown(pilot, "#path")
    await stage.typed(pilot, "plan.toml")
    await pilot.press("enter")
    await stage.shown(pilot, "#person-0")
    await pilot.press("enter")
    await stage.shown(pilot, "#folder")
    await pilot.press("enter", "enter")
    await stage.shown(pilot, "PlugInPage")
    await stage.until(pilot, lambda: "1 device plugged in." in stage.told_on(pilot.app))  # type: ignore[arg-type]
    await pilot.press("down", "enter")


async def chosen(pilot: Pilot[Any], code: str, secret: str) -> None:
    """A new code is typed twice, when its page has come."""
    await stage.until(pilot, lambda: f"a new {code}" in str(pilot.app.screen.query(".title").first().render()))
    await pilot.press(*secret, "enter", *secret, "enter")


async def typed_pin(pilot: Pilot[Any], secret: str, page: str = "AskPinPage") -> None:
    """A PIN or PUK is typed, when its page has come."""
    await stage.shown(pilot, page)
    await pilot.press(*secret, "enter")


async def test_a_yubikey_out_of_its_box_gets_codes_and_a_key(tmp_path: Path, lab: CardLab) -> None:
    """The pages lead from the maker's codes to codes of its owner, a key made inside, and an enrolment."""
    lab.plug(key_of(tmp_path))
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun_by_ann(pilot)
        await stage.shown(pilot, "ChooseCodePage")
        assert "! Still the maker's: PIN, PUK, management key" in stage.told_on(app)
        await chosen(pilot, "PIN", PIN)
        await chosen(pilot, "PUK", PUK)
        await stage.shown(pilot, "AskPinPage")
        assert "Still the maker's" not in stage.told_on(app)
        await typed_pin(pilot, PIN)
        await stage.until(pilot, lambda: isinstance(app.screen, EnrolledPage))
        assert f"serial {SERIAL}" in stage.text_of(app)
    (enrolment,) = open_bundle(next(tmp_path.glob("*-ann"))).roster.enrolments  # noqa: ASYNC240  # a test may wait
    assert (enrolment.serial, enrolment.is_generated_inside) == (str(SERIAL), True)


async def test_a_forgotten_pin_leads_over_the_puk_to_a_new_one(tmp_path: Path, lab: CardLab) -> None:
    """Every wrong PIN is told; the last try is asked for; then the PUK gives a new PIN, and the enrolment goes on."""
    lab.plug(key_of(tmp_path))
    (device,) = find_devices(Sources(yubikeys=True)).devices
    device.prepare(None, Codes(Pin(PIN), Pin(PUK), tries=2))
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun_by_ann(pilot)
        await typed_pin(pilot, "111111")
        await stage.shown(pilot, "ConfirmPage")
        assert "One try left for the PIN" in stage.told_on(app)
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: "ONE TRY IS LEFT" in stage.told_on(app))
        await typed_pin(pilot, "222222")
        await stage.shown(pilot, "AskPukPage")
        assert "! PIN blocked · PUK: 2 tries left" in stage.told_on(app)
        await typed_pin(pilot, PUK, "AskPukPage")
        await chosen(pilot, "PIN", NEW_PIN)
        await typed_pin(pilot, NEW_PIN)
        await stage.until(pilot, lambda: isinstance(app.screen, EnrolledPage))


async def test_a_wrong_puk_is_told_and_the_last_one_is_warned_of(tmp_path: Path, lab: CardLab) -> None:
    """The page asks with the tries that are left now, loudly where it is one."""
    lab.plug(key_of(tmp_path))
    (device,) = find_devices(Sources(yubikeys=True)).devices
    device.prepare(None, Codes(Pin(PIN), Pin(PUK), tries=2))
    for _ in range(2):
        with pytest.raises(WrongPinError):
            device.unlock(Pin("111111"))
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun_by_ann(pilot)
        await stage.shown(pilot, "AskPukPage")
        assert "A wrong PUK costs one of its 2 tries" in stage.told_on(app)
        await typed_pin(pilot, "11111111", "AskPukPage")
        await chosen(pilot, "PIN", NEW_PIN)
        await stage.shown(pilot, "ConfirmPage")
        assert "One try left for the PUK" in stage.told_on(app)
        await pilot.press("tab", "enter")
        await stage.shown(pilot, "AskPukPage")
        told = stage.told_on(app)
        assert "! PUK: last try" in told
        assert "! ONE TRY IS LEFT. If this PUK is wrong, nothing opens the device again" in told


async def test_the_pin_page_says_when_its_yubikey_is_pulled_out_and_when_it_is_back(
    tmp_path: Path, lab: CardLab
) -> None:
    """The PIN that was half typed meanwhile is still good."""
    key = key_of(tmp_path)
    lab.plug(key)
    (device,) = find_devices(Sources(yubikeys=True)).devices
    device.prepare(None, Codes(Pin(PIN), Pin(PUK), tries=3))
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun_by_ann(pilot)
        await stage.shown(pilot, "AskPinPage")
        await pilot.press(*PIN[:3])
        await asyncio.to_thread(lab.pull, key)
        await stage.until(pilot, lambda: "not plugged in any more" in stage.text_of(app))
        await asyncio.to_thread(lab.plug, key)
        await stage.until(pilot, lambda: "not plugged in any more" not in stage.text_of(app))
        await pilot.press(*PIN[3:], "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, EnrolledPage))


async def test_a_yubikey_is_seen_when_it_is_plugged_in_and_when_it_is_pulled_out(tmp_path: Path, lab: CardLab) -> None:
    """Nobody presses a key: the page about my device follows the table."""
    key = key_of(tmp_path)
    app = app_at(tmp_path, MyDevicePage)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: "No device is plugged in." in stage.text_of(app))
        await asyncio.to_thread(lab.plug, key)
        await stage.until(pilot, lambda: f"serial {SERIAL}" in stage.text_of(app))
        assert "! Still the maker's: PIN, PUK, management key" in stage.text_of(app)
        await asyncio.to_thread(lab.pull, key)
        await stage.until(pilot, lambda: "No device is plugged in." in stage.text_of(app))
