"""A device, looked at by its owner alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from tui import stage

from ceremony.tui.app import CeremonyApp
from ceremony.tui.device_facts import CloserLook, DeviceFacts
from ceremony.tui.screens.doors import DevicesPage
from ceremony.tui.screens.my_device import MyDevicePage
from ceremony.tui.widgets.device_facts_view import fact_lines
from hsm import Device, DeviceInfo, PinState
from hsm.errors import DeviceBusyError, DeviceFaultError

MINE = stage.Lying(stage.ANN, (stage.key(1, "packages.example.org"),), stage.SLOTS)


def app_with(folder: Path, *found: Device, faults: tuple[DeviceFaultError, ...] = ()) -> CeremonyApp:
    """The page of a desk at which these devices are plugged in."""
    desk = replace(stage.desk(folder), find=lambda: (found, faults))
    return CeremonyApp(desk, MyDevicePage(desk))


async def test_an_owner_sees_everything_that_the_device_tells(tmp_path: Path) -> None:
    """Name, serial, firmware, tries, codes, touch, schemes, place, keys by their words, slots by what they hold."""
    app = app_with(tmp_path, MINE)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "DeviceFactsView")
        seen = " ".join(stage.text_of(app).split())
        for each in (
            "1 device plugged in.",
            "YubiKey 5C NFC, serial 10001",
            "firmware 5.7.1",
            "PIN: 3 tries left · PUK: 3 tries left",
            "a YubiKey with a USB-C plug",
            "PIN changed; PUK changed; management key changed",
            "touch the gold disc of YubiKey 5C NFC 10001",
            "ecdsa-sha2-nistp256, ecdsa-sha2-nistp384",
            "Yubico YubiKey OTP+FIDO+CCID 00 00",
            "packages.example.org: ecdsa-sha2-nistp256; words stagehand determine Christmas whimsical",
            "made inside? yes; PIN always; touch always",
            '9c (Digital signature): a P-256 key, made inside, named "mail.example" (1a2b3c4d5e6f7081)',
            "2 taken, 22 empty",
        ):
            assert each in seen


async def test_devices_that_come_and_go_are_followed_and_read_once(tmp_path: Path) -> None:
    """Nobody presses a key; a device is looked into when it comes, and not again while it tells the same."""
    now: list[tuple[Device, ...]] = [()]
    desk = replace(stage.desk(tmp_path), find=lambda: (now[0], ()))
    app = CeremonyApp(desk, MyDevicePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: "No device is plugged in. Plug one in" in stage.text_of(app))
        mine = replace(MINE, looks=0)
        now[0] = (mine,)
        await stage.shown(pilot, "DeviceFactsView")
        assert mine.looks == 1
        now[0] = (mine, stage.Lying(stage.BOB))
        await stage.until(pilot, lambda: "2 devices plugged in" in stage.text_of(app))
        assert mine.looks == 1
        now[0] = ()
        await stage.until(pilot, lambda: "No device is plugged in." in stage.text_of(app))


def test_a_device_that_tells_something_new_is_read_again() -> None:
    """A try that was spent elsewhere is a reason to look into it once more; one that went is forgotten."""
    before, after = replace(MINE, looks=0), replace(MINE, info=stage.device("10001", attempts_left=2), looks=0)
    now: list[tuple[Device, ...]] = [(before,)]
    look = CloserLook(lambda: (now[0], ()))
    look()
    look()
    now[0] = (after,)
    assert look()[0][0].info.pin.attempts_left == 2
    now[0] = ()
    look()
    now[0] = (before,)
    look()
    assert (before.looks, after.looks) == (2, 1)


async def test_what_could_not_be_read_is_explained_beside_the_others(tmp_path: Path) -> None:
    """A module that fails, and a device that another program holds."""
    held = replace(MINE, trouble=DeviceBusyError("10001"))
    app = app_with(tmp_path, held, faults=(DeviceFaultError("/usr/lib/broken.so", "ImportError"),))
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "DeviceFactsView")
        await pilot.pause()
        seen = " ".join(stage.text_of(app).split())
        assert "not read. Another program is using the device" in seen
        assert "Device /usr/lib/broken.so answered: ImportError." in seen


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_whoever_has_seen_enough_goes_back(tmp_path: Path, key: str) -> None:
    """Enter and Escape both lead to the first page; F1 says that nothing was changed."""
    app = app_with(tmp_path, MINE)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "DeviceFactsView")
        await pilot.press("f1")
        await stage.until(pilot, lambda: "no try is spent" in stage.text_of(app))
        await pilot.press("escape", key)
        await stage.until(pilot, lambda: isinstance(app.screen, DevicesPage))


async def test_many_devices_can_be_read_to_the_end(tmp_path: Path) -> None:
    """PgDn reads on at 80 by 24."""
    app = app_with(tmp_path, MINE, *(stage.Lying(each) for each in (stage.BOB, stage.NEW, stage.CYD)))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: len(app.screen.query("DeviceFactsView")) == 4)
        assert "serial 10003" not in stage.text_of(app)
        await pilot.press(*["pagedown"] * 8)
        await pilot.pause()
        assert "serial 10003" in stage.text_of(app)


@pytest.mark.parametrize(
    ("info", "advice"),
    [
        (stage.ANN, None),
        (stage.NEW, "It is as it came."),
        (stage.CYD, "Bring the PUK to the ceremony"),
        (replace(stage.CYD, puk=None), "Ask whoever set it up"),
        (replace(stage.CYD, puk=PinState(is_blocked=True)), "nothing opens this device"),
        (stage.device("1", driver="software"), "For practice only"),
    ],
)
def test_the_owner_is_told_what_to_do_next(info: DeviceInfo, advice: str | None) -> None:
    """One line where there is something to do, none where all is well."""
    told = dict(fact_lines(DeviceFacts(info)))
    assert (advice is None) is ("Advice" not in told)
    assert advice is None or advice in told["Advice"]


def test_what_a_device_does_not_say_is_said_to_be_unknown() -> None:
    """An older firmware hides its codes; a token may have no PUK, no touch, a pad, and no scheme of ours."""
    old = stage.device("1", is_default=None, puk=PinState(), is_management_key_default=None)
    assert dict(fact_lines(DeviceFacts(old)))["Codes"].count("unknown (it does not say whether it was changed)") == 3
    token = replace(stage.BOB, has_pin_pad=True, touch_seconds=None, schemes=(), found_in="")
    told = dict(fact_lines(DeviceFacts(token)))
    assert told["Codes"] == "the PIN is typed on the device itself; PIN changed; it has no PUK"
    assert told["Touch"] == "it asks for none"
    assert told["Schemes"] == "none that a ceremony uses"
    assert "Found in" not in told
