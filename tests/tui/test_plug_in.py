"""The list of devices: who is meant by Enter while the list changes, and what could not be read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import rooms
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import OptionList
from tui import stage

from ceremony.core.machine_rules import Machine
from ceremony.core.plan import write_plan
from ceremony.engine.practice import practice_plan, throwaway_online_key
from ceremony.engine.questions import PlugIn
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.plug_in import PluggedIn, PlugInPage
from ceremony.tui.screens.question_page import Answered
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.widgets.lookout import Looked, Lookout
from ceremony.tui.wishes import Begin, Sitting
from hsm import DeviceInfo
from hsm.errors import DeviceBusyError, DeviceError, DeviceFaultError, DriverLostError

SERVICE = DeviceFaultError("PC/SC", "no service")
MODULE = DriverLostError("/usr/lib/acme/libacme-pkcs11.so", "it died")
HELD = DeviceBusyError("Yubico YubiKey OTP+FIDO+CCID 01 00")
MIRROR = replace(stage.ANN, driver="pkcs11", label="PIV")
"""The device of ann once more, as a PKCS#11 module shows it."""


class Alone(App[None]):
    """One page about what lies on the table, and the answers that came from it."""

    def __init__(self, *devices: DeviceInfo) -> None:
        super().__init__()
        self.devices = devices
        self.answers: list[object] = []

    def compose(self) -> ComposeResult:
        """The page."""
        yield PlugInPage(stage.plug_in(lambda: self.devices, wanted=""))

    def on_answered(self, message: Answered) -> None:
        """An answer is kept."""
        self.answers.append(message.answer)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second for the next look."""
    monkeypatch.setattr(Lookout, "every_seconds", 0.02)


async def listed(pilot: Pilot[None], count: int) -> OptionList:
    """The list, once that many devices stand in it."""
    shown = pilot.app.query_one(OptionList)
    await stage.until(pilot, lambda: shown.option_count == count)
    return shown


async def test_enter_means_the_device_it_was_pressed_on() -> None:
    """A look that puts another device first is heard before Enter is: the answer is the marked one all the same."""
    app = Alone(stage.BOB)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await listed(pilot, 1)
        await pilot.press("down")
        app.devices = (stage.ANN, stage.BOB)
        app.query_one(PlugInPage).post_message(Looked((app.devices, ())))
        shown.action_select()
        await stage.until(pilot, lambda: bool(app.answers))
    assert app.answers == ["10002"]


async def test_enter_on_a_device_that_is_pulled_out_at_that_moment_means_no_other() -> None:
    """The engine then hears of a device that is not there, and says so."""
    app = Alone(stage.ANN, stage.BOB)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await listed(pilot, 2)
        await pilot.press("down", "down")
        app.devices = (stage.ANN,)
        app.query_one(PlugInPage).post_message(Looked((app.devices, ())))
        shown.action_select()
        await stage.until(pilot, lambda: bool(app.answers))
    assert app.answers == ["10002"]


@pytest.mark.parametrize(
    ("before", "downs", "after", "marked"),
    [
        ((stage.ANN, stage.BOB, stage.CYD), 3, (stage.BOB, stage.CYD), stage.CYD),
        ((stage.ANN, stage.BOB, stage.CYD), 2, (stage.BOB,), stage.BOB),
        ((stage.ANN, stage.BOB, stage.CYD), 1, (stage.BOB, stage.CYD), None),
        ((stage.ANN, stage.BOB), 2, (stage.ANN,), None),
        ((stage.BOB,), 1, (stage.ANN, stage.BOB), stage.BOB),
        ((MIRROR, stage.ANN), 1, (stage.ANN,), None),
        ((MIRROR, stage.ANN), 2, (stage.ANN,), stage.ANN),
    ],
)
async def test_the_mark_stays_on_its_device_or_on_none(
    before: tuple[DeviceInfo, ...], downs: int, after: tuple[DeviceInfo, ...], marked: DeviceInfo | None
) -> None:
    """Whatever comes and goes, nobody finds the mark on another device, not even on one of the same serial."""
    app = Alone(*before)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await listed(pilot, len(before))
        await pilot.press(*["down"] * downs)
        app.devices = after
        await listed(pilot, len(after))
        assert shown.highlighted == (None if marked is None else after.index(marked))
        arrows = [str(each.prompt).startswith("▶") for each in shown.options]
        assert arrows == [each is marked for each in after]
        await pilot.press("enter")
        await pilot.pause(0.05)
    assert app.answers == ([] if marked is None else [marked.serial])


def troubled(look: Callable[[], tuple[DeviceInfo, ...]], *faults: DeviceError) -> PlugIn:
    """The question, where these things cannot be read."""
    return stage.plug_in(look, faults=lambda: faults, wanted="")


async def test_what_cannot_be_read_is_told_below_the_devices(tmp_path: Path) -> None:
    """Each fault in a line with its place; F1 says what to do about each."""
    script = stage.Script((troubled(tuple, SERVICE, MODULE, HELD),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "PlugInPage")
        await stage.until(pilot, lambda: "F1 says what to do about it." in stage.text_of(app))
        seen = stage.text_of(app)
        for line in (
            "! No YubiKey can be seen: the smart card service does not answer",
            "! The maker's module is gone: /usr/lib/acme/libacme-pkcs11.so",
            "! Another program is using the device: Yubico YubiKey OTP+FIDO+CCID 01 00",
        ):
            assert line in seen
        await pilot.press("f1")
        told = app.screen.query_one("VerticalScroll Static").render()
        for advice in ("Install the Debian packages pcscd", "it died", "Close other programs", "A longer story"):
            assert advice in str(told)


async def test_beside_many_devices_the_fault_is_still_in_sight(tmp_path: Path) -> None:
    """At 80 by 24 the record steps aside for it, and comes back when it is over."""
    faults: list[DeviceError] = [HELD]
    question = stage.plug_in(faults=lambda: tuple(faults))
    app = stage.app_for(tmp_path, stage.Script((question,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "PlugInPage")
        await stage.until(pilot, lambda: "F1 says what to do about it." in stage.text_of(app))
        middle = app.screen.query_one("#middle").region
        shown = app.screen.query("#faults, #reply *, .title")
        assert all(middle.contains_region(each.region) for each in shown), stage.text_of(app)
        faults.clear()
        await stage.until(pilot, lambda: "Another program" not in stage.text_of(app))
        assert app.screen.query_one("TranscriptTail").region.height > 0


async def test_a_fault_that_stays_changes_nothing_on_the_page(tmp_path: Path) -> None:
    """Each look makes an error of its own; the mark is where it was, and nothing is drawn anew."""
    looks: list[int] = []

    def faults() -> tuple[DeviceError, ...]:
        looks.append(len(looks))
        return (DeviceBusyError("a reader"),)

    said: list[Message] = []
    app = stage.app_for(tmp_path, stage.Script((stage.plug_in(faults=faults),)))
    async with app.run_test(size=(80, 24), message_hook=said.append) as pilot:
        await stage.shown(pilot, "PlugInPage")
        await stage.until(pilot, lambda: len(looks) > 3)
        await pilot.pause()
    assert len({id(each) for each in said if isinstance(each, PluggedIn)}) == 1


async def test_the_room_hears_why_no_device_is_seen(tmp_path: Path) -> None:
    """From the desk's one look to the page, by way of the engine."""
    looks: list[int] = []

    def find() -> tuple[tuple[Any, ...], tuple[DeviceError, ...]]:
        looks.append(len(looks))
        return (), (DeviceFaultError("PC/SC", f"look {len(looks)}"),)

    desk = replace(stage.desk(tmp_path), clock=lambda: rooms.NOW, machine=Machine, find=find)
    text = write_plan(practice_plan(rooms.NAMES, 2, rooms.NOW, throwaway_online_key())).encode()
    app = CeremonyApp(desk, WelcomePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: bool(looks))
        app.screen.post_message(Begin(Sitting(text, "plan.toml", tmp_path / "ann", alone="ann")))
        await stage.shown(pilot, "PlugInPage")
        await stage.until(
            pilot, lambda: "! No YubiKey can be seen: the smart card service does not answer" in stage.text_of(app)
        )
        await pilot.press("ctrl+q", "tab", "enter")
        await stage.until(pilot, lambda: "Stopped" in stage.text_of(app))
