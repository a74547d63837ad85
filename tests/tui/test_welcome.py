"""The first page: seven doors, and which one comes first."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import rooms
from tui import stage

from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.follow import FollowPage
from ceremony.tui.screens.my_device import MyDevicePage
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.rehearse import RehearsePage
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.verify import VerifyPage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.widgets.choice import Choice
from hsm.errors import DeviceFaultError
from hsm.software_device import list_devices


async def test_without_a_device_the_rehearsal_comes_first_and_says_why(tmp_path: Path) -> None:
    """Nobody with empty hands is sent into a ceremony that cannot be finished."""
    app = CeremonyApp(stage.desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#rehearse"))
        assert app.screen.query(Choice).first().id == "rehearse"
        assert "No device is plugged in, so a rehearsal is offered first" in stage.text_of(app)
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, RehearsePage))


async def test_with_a_device_a_new_ceremony_comes_first(tmp_path: Path) -> None:
    """The devices are named, and what could not be read is told."""
    bench = rooms.desk(tmp_path)
    fault = DeviceFaultError("/usr/lib/broken.so", "ImportError")
    found = list_devices(bench.practice.devices)
    app = CeremonyApp(replace(stage.desk(tmp_path), find=lambda: (found, (fault,))))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#plan")
        assert app.screen.query(Choice).first().id == "plan"
        seen = stage.text_of(app)
        assert "practice-1 ann: PIN: 3 tries left" in seen
        assert "! The device failed: /usr/lib/broken.so" in seen


async def test_many_devices_do_not_push_the_doors_off_the_page(tmp_path: Path) -> None:
    """Three are named, the others are counted; codes that are still the maker's are told beside the name."""
    found = tuple(stage.Lying(replace(stage.NEW, serial=str(number))) for number in range(5))
    app = CeremonyApp(replace(stage.desk(tmp_path), find=lambda: (found, ())))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#plan")
        seen = stage.text_of(app)
        assert seen.count("! maker's codes") == 3
        assert "and 2 more; My device shows each of them." in seen
        assert "Rehearse" in seen


@pytest.mark.parametrize(
    ("downs", "page"),
    [
        (0, RehearsePage),
        (1, PlanPage),
        (2, FollowPage),
        (3, ResumePage),
        (4, EnrolAlonePage),
        (5, MyDevicePage),
        (6, VerifyPage),
    ],
)
async def test_every_door_opens_and_leads_back(tmp_path: Path, downs: int, page: type) -> None:
    """Each page comes by keys, says what it is, and Escape leads back to the first page."""
    app = CeremonyApp(stage.desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await pilot.press(*["down"] * downs, "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, page))
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        await pilot.press("escape", "escape")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


async def test_the_first_page_has_nothing_before_it(tmp_path: Path) -> None:
    """Escape changes nothing there."""
    app = CeremonyApp(stage.desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, WelcomePage)
