"""How the pages of a ceremony that follows another look, at 80 by 24 and at 120 by 40."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from tui import stage

from ceremony.core.plan import write_plan
from ceremony.engine.bundle import Bundle, pack
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.bundle import BundlePage
from ceremony.tui.screens.follow import FollowPage
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.plan_fields import HolderLines

SIZES = pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def svg(snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SnapshotAssertion:
    """Pictures are kept one file each; where the folder of a test lies is on none of them."""
    monkeypatch.chdir(tmp_path)
    return snapshot.use_extension(stage.SvgSnapshot)


def planning(kind: str) -> CeremonyApp:
    """The screens at the plan of this kind, which follows a release that lies here."""
    desk = stage.desk(Path())
    return CeremonyApp(desk, PlanPage(desk, stage.following(kind), stage.released(Path("release"))))


async def turn(pilot: Pilot[Any], place: int, choice: str) -> None:
    """This was chosen for the keyholder at this place."""
    list(pilot.app.screen.query(HolderLines))[place].query_one(f"#{choice}").focus()
    await pilot.press("enter")
    await pilot.pause()


@SIZES
async def test_how_a_release_that_is_followed_looks(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """What is trusted once it is, and the two kinds."""
    stage.released(Path("release"))
    desk = stage.desk(Path())
    app = CeremonyApp(desk, FollowPage(desk))
    async with app.run_test(size=size) as pilot:
        await stage.typed(pilot, "release")
        await pilot.press("enter")
        await stage.shown(pilot, "#rotation")
        assert stage.picture(app) == svg


@SIZES
@pytest.mark.parametrize("kind", ["rotation", "refresh"])
async def test_how_its_plan_looks(svg: SnapshotAssertion, kind: str, size: tuple[int, int]) -> None:
    """What it follows, and the lines of dates."""
    app = planning(kind)
    async with app.run_test(size=size) as pilot:
        await stage.until(pilot, lambda: "is trusted here" in stage.text_of(app))
        assert stage.picture(app) == svg


@SIZES
async def test_how_its_keyholders_look(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """One keeps the key, one leaves, one gets another device."""
    app = planning("rotation")
    async with app.run_test(size=size) as pilot:
        await stage.until(pilot, lambda: "is trusted here" in stage.text_of(app))
        await turn(pilot, 1, "leave")
        await turn(pilot, 2, "renew")
        app.screen.query_one("#holders").scroll_visible(top=True, animate=False)
        await pilot.pause()
        assert stage.picture(app) == svg


@SIZES
async def test_how_the_two_counts_of_a_root_look(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """A key that stays counts in both; a device that is replaced signs a last time."""
    script = stage.Script((stage.plug_in(person="cyd", wanted="10003"),), stage.rotation_scene())
    app = stage.app_for(Path("/nowhere"), script)
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "QuestionPage")
        await stage.until(pilot, lambda: "Looking for devices" not in stage.text_of(app))
        assert stage.picture(app) == svg


@SIZES
async def test_how_a_ceremony_that_follows_is_resumed(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Below how it stands, the line for what this machine trusts."""
    plan = stage.following()
    text = write_plan(plan).encode()
    roster = replace(stage.roster())
    pack(Bundle("request", plan, text, roster, before=stage.before()), Path("bundle"))
    desk = stage.desk(Path())
    app = CeremonyApp(desk, BundlePage(desk, Path("bundle")))
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "#ready")
        assert stage.picture(app) == svg
