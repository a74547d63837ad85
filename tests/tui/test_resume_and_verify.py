"""Bundles that lie on a disk: one is resumed, one is verified, one is neither."""

from pathlib import Path

import pytest
from fakes import rooms
from tui import stage

from ceremony.core.policy import Policy
from ceremony.engine.questions import RollCall
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import StoppedError
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.bundle import BundlePage
from ceremony.tui.screens.doors import LookPage
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.screens.verify import VerifyPage
from ceremony.tui.screens.welcome import WelcomePage


def stopped(folder: Path) -> rooms.Desk:
    """A ceremony that somebody stopped at the roll call."""
    bench = rooms.desk(folder)

    def stop(_question: object) -> None:
        raise StoppedError("ann", "Roll call")

    bench.operator.answers[RollCall] = stop
    with pytest.raises(StoppedError):
        sit(bench.room, bench.agenda())
    return bench


async def test_a_bundle_that_was_found_shows_how_it_stands_and_goes_on(tmp_path: Path) -> None:
    """The list names it; it opens into its status; Yes opens the sitting where it stopped."""
    stopped(tmp_path)
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, ResumePage(desk))
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#found-0")
        await pilot.press("tab", "tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, BundlePage))
        seen = stage.text_of(app)
        assert "Enrolled: nobody; not yet: ann, bob, cyd" in seen
        assert "root: 0 of 2, not drafted yet" in seen
        assert "Nobody can sign yet: the review comes first." in seen
        await pilot.press("down", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen) or "CLOCK" in stage.text_of(app))


async def test_bundles_in_a_folder_with_a_long_name_are_told_apart(tmp_path: Path) -> None:
    """Of a path that is longer than the page both ends are seen, with the arrows around them."""
    folder = tmp_path / ("a folder for the ceremonies of this quarter " * 3).strip()
    for name in ("the spring rotation", "the summer rotation"):
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").touch()
    desk = stage.desk(folder)
    app = CeremonyApp(desk, ResumePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#found-1")
        await pilot.press("tab", "tab")
        found = [each.strip() for each in stage.text_of(app).splitlines() if "rotation" in each]
    first, second = found
    assert first.startswith("▶[ /")
    assert first.endswith("the spring rotation ]◀")
    assert second.startswith("[ /")
    assert second.endswith("the summer rotation ]")


async def test_a_release_is_shown_but_not_resumed(tmp_path: Path) -> None:
    """What is complete has nothing to go on with; a path may be typed."""
    bench = rooms.desk(tmp_path)
    sit(bench.room, bench.agenda())
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, ResumePage(desk))
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await pilot.press("enter")
        await stage.typed(pilot, "release")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "This is a release" in stage.text_of(app))
        assert "signed by ann, bob, cyd" in stage.text_of(app)
        assert not app.screen.query("#ready")


async def test_what_is_no_bundle_is_explained_and_nothing_goes_on(tmp_path: Path) -> None:
    """A folder without a manifest, then No."""
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, ResumePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "nowhere")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "nowhere" in str(app.screen.query_one("#status").render()))
        assert not app.screen.query("#ready")
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


async def test_a_release_is_verified_check_by_check(tmp_path: Path) -> None:
    """Every check has its mark, and the verdict stands at the end."""
    bench = rooms.desk(tmp_path)
    sit(bench.room, bench.agenda())
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, VerifyPage(desk))
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await pilot.press("enter")
        await stage.typed(pilot, "release")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "VERDICT: every check holds." in stage.text_of(app))
        assert stage.text_of(app).count("✓") == len(verify(bench.release, Policy()).checks)


async def test_what_is_no_bundle_fails_its_first_check(tmp_path: Path) -> None:
    """The verdict says so, with what to do now; No leads back."""
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, VerifyPage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "nowhere")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "VERDICT: do not use this bundle." in stage.text_of(app))
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, LookPage))
