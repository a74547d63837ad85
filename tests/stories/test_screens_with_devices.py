"""The initial ceremony in the screens, by keys alone: on three YubiKeys, and on two YubiKeys and a SoftHSM token."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fakes import rooms
from fakes.card_lab import CardLab
from fakes.softhsm import softhsm
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority
from textual.pilot import Pilot
from tui import stage
from tui.test_walk import page_of, type_words

from ceremony.core.machine_rules import Machine
from ceremony.core.plan import parse_plan, write_plan
from ceremony.core.policy import Policy
from ceremony.engine.bundle import open_bundle
from ceremony.engine.practice import practice_plan, throwaway_online_key
from ceremony.engine.room import Room
from ceremony.engine.sitting import Agenda, sit
from ceremony.engine.verify import verify
from ceremony.settings import Settings
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.this_machine import desk_for
from ceremony.tui.wishes import Sitting
from hsm.discovery import Sources, find_devices

PIN, PUK, TOKEN_PIN = "834512", "96385214", "271828"
YUBIKEYS = {"ann": 30000001, "bob": 30000002, "cyd": 30000003}


@dataclass(frozen=True, slots=True)
class Table:
    """What lies on the table: the settings that find it, and each keyholder's serial."""

    folder: Path
    settings: Settings
    serials: Mapping[str, str]


@pytest.fixture(params=["three YubiKeys", "two YubiKeys and a SoftHSM token"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    """Each set of devices in turn, as new."""
    is_mixed = request.param != "three YubiKeys"
    authority = YubicoLikeAuthority.make("new")
    (tmp_path / "makers").mkdir()
    authority.save(tmp_path / "makers")
    settings = Settings(pkcs11_modules=(), attestation_folders=(tmp_path / "makers",))
    serials = {name: str(serial) for name, serial in YUBIKEYS.items()}
    with ExitStack() as around:
        lab = around.enter_context(CardLab.started(tmp_path / "lab"))
        for name in rooms.NAMES[: 2 if is_mixed else 3]:
            lab.plug(VirtualYubiKey(YUBIKEYS[name], authority=authority))
        if is_mixed:
            module = around.enter_context(softhsm(tmp_path / "softhsm", {"cyd": TOKEN_PIN}))
            settings = replace(settings, pkcs11_modules=(module,))
            (token,) = find_devices(Sources((module,))).devices
            serials["cyd"] = token.info.serial
        yield Table(tmp_path, settings, serials)


def opened(table: Table) -> CeremonyApp:
    """The screens, in a sitting over a plan that leaves it open who brings which device."""
    text = write_plan(practice_plan(rooms.NAMES, 2, rooms.NOW, throwaway_online_key())).encode()
    desk = replace(desk_for(table.settings, table.folder), clock=lambda: rooms.NOW, machine=Machine)
    agenda = Agenda(text, "plan.toml", table.folder / "bundle", Policy(), authorities=desk.authorities)
    sitting = Sitting(text, "plan.toml", agenda.folder)
    room = {"devices": lambda: desk.find()[0], "clock": desk.clock, "machine": Machine, "sticks": tuple}
    return CeremonyApp(
        desk,
        SittingScreen(
            desk, parse_plan(text, "plan.toml"), sitting, lambda operator: sit(Room(operator, **room), agenda)
        ),
    )


async def enrol(pilot: Pilot[Any], table: Table, name: str) -> None:
    """The keyholder chooses the device by its serial, gives a new one its codes, and types the PIN."""
    await page_of(pilot, f"{name}: plug in your device")
    order = sorted(table.serials.values(), key=lambda serial: (len(serial) == 8, serial))
    await stage.until(pilot, lambda: "3 devices plugged in." in stage.text_of(pilot.app))
    await pilot.press(*["down"] * (order.index(table.serials[name]) + 1), "enter")
    is_token = table.serials[name] != str(YUBIKEYS[name])
    if not is_token:
        for code, secret in (("PIN", PIN), ("PUK", PUK)):
            await page_of(pilot, f"{name}: a new {code}")
            await pilot.press(*secret, "enter", *secret, "enter")
    page = await page_of(pilot, f"{name}: PIN")
    assert page.question.device.serial == table.serials[name]
    await pilot.press(*(TOKEN_PIN if is_token else PIN), "enter")


async def test_the_whole_ceremony_in_the_screens_on_real_devices(table: Table) -> None:
    """From the first page to a release that strangers can check; the YubiKeys' keys are attested in it."""
    app = opened(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await page_of(pilot, "Check the machine")
        await pilot.press("tab", "enter")
        await page_of(pilot, "Roll call")
        await pilot.press("space", "down", "space", "down", "space", "tab", "tab", "enter")
        for name in rooms.NAMES:
            await enrol(pilot, table, name)
        await type_words(pilot, "Review")
        for name in rooms.NAMES:
            await type_words(pilot, f"{name} signs root, targets, bins")
        await page_of(pilot, "Export")
        await pilot.press("shift+tab")
        await stage.typed(pilot, str(table.folder / "release"))
        await pilot.press("enter")
        await stage.until(pilot, lambda: "What to do next" in stage.text_of(app))

    assert verify(table.folder / "release", Policy()).is_good
    release = open_bundle(table.folder / "release")
    assert {each.keyholder: each.serial for each in release.roster.enrolments} == dict(table.serials)
    assert {each.keyholder: each.attestation is not None for each in release.roster.enrolments} == {
        name: table.serials[name] == str(YUBIKEYS[name]) for name in rooms.NAMES
    }
    assert [len(each.signatures) for each in release.files] == [3, 3, 3]
