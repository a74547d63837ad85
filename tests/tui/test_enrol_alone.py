"""An enrolment away from the room, from the plan's file to the bundle that is sent there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import rooms
from textual.pilot import Pilot
from textual.widgets import OptionList
from tui import stage

from ceremony.core.plan import write_plan
from ceremony.engine.bundle import open_bundle
from ceremony.engine.enrol_alone import enrol_alone
from ceremony.errors import StorageError
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.doors import DevicesPage
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.enrolled import EnrolledPage
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.trouble import TroublePage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Sitting

PLAN = "practice/plan.toml"


def app_at(folder: Path) -> CeremonyApp:
    """The page, at the hour of the plan."""
    desk = replace(stage.desk(folder), clock=lambda: rooms.NOW)
    return CeremonyApp(desk, EnrolAlonePage(desk))


async def plan_read(pilot: Pilot[Any], path: str = PLAN) -> None:
    """The plan's file is typed, and the people in it are offered."""
    await stage.shown(pilot, "#path")
    await stage.typed(pilot, path)
    await pilot.press("enter")
    await stage.shown(pilot, "#person-0")


def folder_of_bob(folder: Path) -> list[Path]:
    """The folder of bob's enrolment, if there is one."""
    return list(folder.glob("practice/*-bob"))


async def begun_by_bob(pilot: Pilot[Any]) -> None:
    """Bob says who he is, keeps the folder, and says Yes."""
    await plan_read(pilot)
    await pilot.press("down", "enter")
    await stage.shown(pilot, "#folder")
    await pilot.press("enter", "enter")


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_a_keyholder_enrols_alone_and_is_told_how_it_gets_to_the_room(tmp_path: Path, key: str) -> None:
    """Plan, name, folder, Yes; device and PIN; then a bundle with one enrolment, its words, and the next steps."""
    bench = rooms.desk(tmp_path)
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun_by_bob(pilot)
        await stage.shown(pilot, "PlugInPage")
        await stage.until(pilot, lambda: app.screen.query_one(OptionList).option_count == 3)
        await pilot.press("down", "down", "enter")
        await stage.shown(pilot, "AskPinPage")
        await pilot.press(*bench.practice.pins["practice-2"].secret, "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, EnrolledPage))
        seen = stage.text_of(app)
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        await pilot.press("enter", key)
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))
    (folder,) = folder_of_bob(tmp_path)
    bundle = open_bundle(folder)
    assert (bundle.purpose, [each.keyholder for each in bundle.roster.enrolments]) == ("enrolment", ["bob"])
    assert "✓ bob is enrolled" in seen
    assert "send it to the room" in seen


async def test_enrolling_alone_rests_on_no(tmp_path: Path) -> None:
    """Enter on the empty line begins nothing, and before somebody said who it is there is no Yes."""
    rooms.desk(tmp_path)
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        await pilot.press("enter")
        assert not app.screen.query("#person-0")
        await plan_read(pilot)
        assert not app.screen.query("#yes")
        assert "a rehearsal" in stage.text_of(app)
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, DevicesPage))
    assert not folder_of_bob(tmp_path)


async def test_no_leads_back(tmp_path: Path) -> None:
    """Tab and Enter on the untouched page."""
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, DevicesPage))


async def test_somebody_else_can_still_be_chosen(tmp_path: Path) -> None:
    """The folder is named after whoever was chosen last, and so is Yes."""
    rooms.desk(tmp_path)
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await plan_read(pilot)
        await pilot.press("enter")
        await stage.shown(pilot, "#folder")
        await pilot.press("shift+tab", "enter")
        await stage.until(pilot, lambda: app.screen.query_one("#yes", Choice).label == "Yes: enrol cyd here")
        assert app.screen.query_one("#folder", LineInput).value.endswith("-cyd")


async def test_what_is_no_plan_is_explained(tmp_path: Path) -> None:
    """A file that is not there; then the people of a plan that was shown before are gone too."""
    rooms.desk(tmp_path)
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await plan_read(pilot)
        app.screen.query_one("#path").focus()
        await pilot.press("ctrl+u")
        await stage.typed(pilot, "nowhere.toml")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "nowhere.toml" in str(app.screen.query_one("#trouble").content))  # type: ignore[attr-defined]
        assert not app.screen.query("#person-0")


@pytest.mark.parametrize("is_rehearsal", [True, False])
async def test_practice_devices_are_for_rehearsals_alone(tmp_path: Path, *, is_rehearsal: bool) -> None:
    """A real plan beside a folder of software devices sees only what is plugged in: nothing."""
    bench = rooms.desk(tmp_path)
    if not is_rehearsal:
        bench.practice.plan.write_text(write_plan(replace(stage.plan(), is_rehearsal=False)), encoding="utf-8")
    desk = replace(stage.desk(tmp_path), clock=(lambda: rooms.NOW) if is_rehearsal else (lambda: stage.NOW))
    app = CeremonyApp(desk, EnrolAlonePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await begun_by_bob(pilot)
        await stage.shown(pilot, "PlugInPage")
        told = "3 devices plugged in." if is_rehearsal else "0 devices plugged in."
        await stage.until(pilot, lambda: told in stage.told_on(app))


async def test_whoever_stops_is_told_that_it_goes_on_here(tmp_path: Path) -> None:
    """Stopped at the device, the folder is kept; Resume says what it is and does not go on with it."""
    rooms.desk(tmp_path)
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun_by_bob(pilot)
        await stage.shown(pilot, "PlugInPage")
        await pilot.press("ctrl+q", "tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, TroublePage))
    (folder,) = folder_of_bob(tmp_path)
    desk = stage.desk(tmp_path)
    again = CeremonyApp(desk, ResumePage(desk))
    async with again.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, str(folder))
        await pilot.press("enter")
        await stage.until(pilot, lambda: "An enrolment away from the room" in stage.text_of(again))
        assert not again.screen.query("#ready")


async def test_the_room_is_offered_what_was_enrolled_elsewhere(tmp_path: Path) -> None:
    """A folder that lies beside the bundle is found for its keyholder, and taken in when somebody says so."""
    bench = rooms.desk(tmp_path)
    made = bench.practice.plan.with_name("from-ann")
    enrol_alone(bench.room, replace(bench.agenda(), folder=made), "ann")
    desk = replace(stage.desk(tmp_path), clock=lambda: rooms.NOW)
    app = CeremonyApp(desk)
    bundle = bench.practice.plan.with_name("bundle")
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        text = bench.practice.plan.read_bytes()
        app.screen.post_message(Begin(Sitting(text, "plan.toml", bundle, bench.practice.devices)))
        await stage.shown(pilot, "ConfirmPage")
        await pilot.press("tab", "enter")
        await stage.shown(pilot, "RollCallPage")
        await pilot.press("space", "tab", "tab", "tab", "tab", "enter")
        await stage.shown(pilot, "TakeEnrolmentPage")
        assert app.screen.query_one("#place-0", Choice).value == made
        await pilot.press("down", "enter")
        await stage.until(pilot, lambda: "enrolled 1 of 3" in stage.text_of(app))
        # It may be saved once more at this very moment: then there is no folder of that name for an instant.
        await stage.until(pilot, lambda: _enrolled(bundle) == ["ann"])


def _enrolled(bundle: Path) -> list[str]:
    try:
        return [each.keyholder for each in open_bundle(bundle).roster.enrolments]
    except StorageError:
        return []
