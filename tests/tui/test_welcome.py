"""The first page: four doors, and which one comes first."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import rooms
from tui import stage

from ceremony.tui.app import CeremonyApp
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
        assert "Device practice-1 ann" in seen
        assert "! " in seen


@pytest.mark.parametrize(("downs", "page"), [(0, RehearsePage), (1, PlanPage), (2, ResumePage), (3, VerifyPage)])
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
