"""How the page of an emergency looks, at 80 by 24 and at 120 by 40."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from tui import stage
from tui.test_emergency import become, opened, planned, read

from ceremony.core.plan_emergency import Fate
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.plan import PlanPage

SIZES = pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def svg(snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SnapshotAssertion:
    """Pictures are kept one file each; where the folder of a test lies is on none of them."""
    monkeypatch.chdir(tmp_path)
    return snapshot.use_extension(stage.SvgSnapshot)


@SIZES
async def test_how_a_stolen_key_looks(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """What has happened, each key with what has become of it, and where the playbook begins."""
    app = opened(Path())
    async with app.run_test(size=size) as pilot:
        await read(pilot)
        await become(pilot, "0", Fate.STOLEN)
        assert stage.picture(app) == svg


@SIZES
async def test_how_its_playbook_looks(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """From the first act on, where the online key was stolen too."""
    app = opened(Path())
    async with app.run_test(size=size) as pilot:
        await read(pilot)
        await become(pilot, "0", Fate.STOLEN)
        await become(pilot, "online", Fate.STOLEN)
        app.screen.query_one("#chapters").scroll_visible(top=True, animate=False)
        await pilot.pause()
        assert stage.picture(app) == svg


@SIZES
async def test_how_its_end_looks(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """The bulletin, the playbook in a file, and the two choices."""
    app = opened(Path())
    async with app.run_test(size=size) as pilot:
        await read(pilot)
        await become(pilot, "0", Fate.STOLEN)
        app.screen.query_one("#keep-path").focus()
        await pilot.press("enter", "tab", "tab")
        await pilot.pause()
        assert stage.picture(app) == svg


@SIZES
async def test_how_its_plan_looks(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """What has happened, and which key it struck, stands above the lines."""
    desk = stage.desk(Path())
    app = CeremonyApp(desk, PlanPage(desk, planned(stolen=["ann"]), stage.released(Path("release"))))
    async with app.run_test(size=size) as pilot:
        await stage.until(pilot, lambda: "is trusted here" in stage.text_of(app))
        assert stage.picture(app) == svg
