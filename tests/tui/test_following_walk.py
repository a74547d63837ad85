"""Ceremonies that follow another, by keys alone: from the first page over the plan to a release that verifies."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fakes import rooms
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import OptionList
from tui import stage
from tui.test_plan import line, said, verdict
from tui.test_walk import page_of, type_words

from ceremony.core.plan import instant_text
from ceremony.core.policy import Policy
from ceremony.engine.bundle import open_bundle
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.follow import FollowPage
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.plan_fields import HolderLines
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.line_input import LineInput
from hsm import Pin
from hsm.software_device import list_devices

NEW = Pin("135790")
LATER = rooms.NOW.replace(microsecond=0) + timedelta(days=400)


def after_a_ceremony(folder: Path) -> tuple[rooms.Desk, CeremonyApp]:
    """A bench with a release on it and its devices plugged in, and the screens at their first page."""
    bench = rooms.desk(folder)
    sit(bench.room, bench.agenda())
    devices = bench.practice.devices
    desk = replace(stage.desk(folder), clock=lambda: rooms.NOW, find=lambda: (list_devices(devices), ()))
    return bench, CeremonyApp(desk)


async def go_to(pilot: Pilot[Any], wanted: Widget) -> None:
    """Tab was pressed until this has the focus."""
    for _ in range(120):
        if pilot.app.screen.focused is wanted:
            return
        await pilot.press("tab")
    raise AssertionError(stage.text_of(pilot.app))


async def write(pilot: Pilot[Any], app: CeremonyApp, path: str, text: str) -> None:
    """This stands in the line now, typed."""
    await go_to(pilot, line(app, path).query_one(LineInput))
    await pilot.press("ctrl+u")
    await stage.typed(pilot, text)


async def open_plan(pilot: Pilot[Any], app: CeremonyApp, kind: str) -> None:
    """From the first page to the plan of this kind, which follows the release."""
    await stage.until(pilot, lambda: isinstance(app.screen.focused, Choice) and app.screen.focused.id == "begin")
    await pilot.press("enter")
    await stage.shown(pilot, "#follow")
    await pilot.press("down", "enter")
    await stage.until(pilot, lambda: isinstance(app.screen, FollowPage))
    await stage.typed(pilot, "release")
    await pilot.press("enter")
    await stage.shown(pilot, "#rotation")
    await go_to(pilot, app.screen.query_one(f"#{kind}"))
    await pilot.press("enter")
    await stage.until(pilot, lambda: isinstance(app.screen, PlanPage) and "is trusted here" in own(app))


def own(app: CeremonyApp) -> str:
    """What is said of what this machine trusts."""
    return str(app.screen.query_one("#own").render())


async def begin(pilot: Pilot[Any], app: CeremonyApp) -> None:
    """The plan is good; it was saved, and the ceremony begins."""
    await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
    for choice in ("save", "begin"):
        await go_to(pilot, app.screen.query_one(f"#{choice}"))
        await pilot.press("enter")
    await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
    await page_of(pilot, "Check the machine")
    await pilot.press("tab", "enter")
    await page_of(pilot, "Roll call")
    await pilot.press("space", "down", "space", "down", "space", "tab", "tab", "enter")


async def unlock(pilot: Pilot[Any], name: str, serial: str, pin: Pin, title: str = "") -> None:
    """The device of this serial was chosen, and its PIN typed."""
    page = await page_of(pilot, title or f"{name}: plug in your device")
    shown = page.query_one(OptionList)
    await stage.until(pilot, lambda: shown.option_count > 0)
    ids = [str(shown.get_option_at_index(place).id) for place in range(shown.option_count)]
    (place,) = (place for place, each in enumerate(ids, start=1) if f"/{serial}/" in each)
    await pilot.press(*["down"] * place, "enter")
    await page_of(pilot, f"{name}: PIN")
    await pilot.press(*pin.secret, "enter")


async def export(pilot: Pilot[Any], app: CeremonyApp, release: Path) -> None:
    """The release was written, and the last page fits on the screen."""
    await page_of(pilot, "Export")
    await pilot.press("shift+tab")
    await stage.typed(pilot, str(release))
    await pilot.press("enter")
    await stage.until(pilot, lambda: "What to do next" in stage.text_of(app))
    assert "Back to the first page" in stage.text_of(app)


async def test_a_refresh_of_root_by_keys(tmp_path: Path) -> None:
    """Every end but root's is emptied; nobody can change a keyholder; everybody signs with the key they have."""
    bench, app = after_a_ceremony(tmp_path)
    release = tmp_path / "refreshed"
    async with app.run_test(size=(80, 24)) as pilot:
        await open_plan(pilot, app, "refresh")
        assert line(app, "repository").query_one(LineInput).disabled
        assert not app.screen.query("#renew")
        await write(pilot, app, "expires.root", instant_text(LATER))
        for role in ("targets", "bins"):
            await write(pilot, app, f"expires.{role}", "")
            await stage.until(pilot, lambda role=role: "stays as it is" in said(app, f"expires.{role}"))
        await begin(pilot, app)
        page = await page_of(pilot, "Review")
        assert "Compared byte for byte, nothing but version and end changes in root." in stage.told_on(app)
        assert page.is_long
        await type_words(pilot, "Review")
        for place, name in enumerate(rooms.NAMES, start=1):
            await type_words(pilot, f"{name} signs root")
            await unlock(pilot, name, f"practice-{place}", bench.practice.pins[f"practice-{place}"])
        await export(pilot, app, release)
    assert [each.name for each in open_bundle(release).files] == ["2.root.json"]
    assert verify(release, Policy()).is_good


async def test_a_rotation_with_another_device_by_keys(tmp_path: Path) -> None:
    """The new device is enrolled and signs, the old one signs root a last time, and both counts of root are shown."""
    bench, app = after_a_ceremony(tmp_path)
    rooms.make_device(bench.practice.devices, "practice-9", "cyd again", NEW)
    release, pins = tmp_path / "rotated", bench.practice.pins
    async with app.run_test(size=(80, 24)) as pilot:
        await open_plan(pilot, app, "rotation")
        cyd = list(app.screen.query(HolderLines))[2]
        await go_to(pilot, cyd.query_one("#renew"))
        await pilot.press("enter")
        await stage.typed(pilot, "practice-9")
        await stage.until(pilot, lambda: "an end for targets" in said(app, "expires.targets"))
        for role in ("root", "targets", "bins"):
            await write(pilot, app, f"expires.{role}", instant_text(LATER))
        await begin(pilot, app)
        await unlock(pilot, "cyd", "practice-9", NEW)
        await type_words(pilot, "Review")
        for name, serial in (("ann", "practice-1"), ("bob", "practice-2")):
            await type_words(pilot, f"{name} signs root, targets, bins")
            await unlock(pilot, name, serial, pins[serial])
        await type_words(pilot, "cyd signs root, targets, bins")
        await page_of(pilot, "cyd signs root")
        seen = stage.text_of(app)
        assert "cyd with practice-3 signs a last time" in seen
        strip = " ".join(str(app.screen.query_one("#quorum").render()).split())
        assert "root under root 1: 2 of 2 · root under root 2: 3 (2 needed)" in strip
        await type_words(pilot, "cyd signs root")
        last = "cyd's software device practice-3 signs a last time"
        await unlock(pilot, "cyd", "practice-3", pins["practice-3"], last)
        await export(pilot, app, release)
    found = open_bundle(release)
    assert [(each.name, len(each.signatures)) for each in found.files] == [
        ("2.root.json", 4),
        ("2.targets.json", 3),
        ("2.bins.json", 3),
    ]
    assert verify(release, Policy()).is_good
