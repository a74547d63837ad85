"""A rehearsal made from the first page on."""

from pathlib import Path

from tui import stage

from ceremony.engine.bundle import open_bundle
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.practice_card import PracticeCardPage
from ceremony.tui.screens.rehearse import RehearsePage
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.widgets.line_input import LineInput


async def test_a_newcomer_is_in_the_first_question_after_three_pages(tmp_path: Path) -> None:
    """Rehearse, Yes, Yes: the sitting asks its first question, under the band of a rehearsal."""
    app = CeremonyApp(stage.desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, RehearsePage))
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, PracticeCardPage))
        assert stage.text_of(app).count("PIN ") >= 3
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
        await stage.shown(pilot, "ConfirmPage")
        assert "REHEARSAL" in stage.text_of(app)
    assert open_bundle(tmp_path / "rehearsal-2030-03-01/bundle").plan.is_rehearsal


async def test_a_rehearsal_rests_on_no(tmp_path: Path) -> None:
    """Enter makes nothing, neither on the form nor on the card."""
    app = CeremonyApp(stage.desk(tmp_path), RehearsePage(stage.desk(tmp_path)))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#no")
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))
        assert not any(tmp_path.iterdir())  # noqa: ASYNC240  # a test may wait for a disk
        await stage.shown(pilot, "#rehearse")
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, RehearsePage))
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, PracticeCardPage))
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


async def test_the_card_rests_on_no_too(tmp_path: Path) -> None:
    """Enter on the card leads back to the first page."""
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, RehearsePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#no")
        await pilot.press("tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, PracticeCardPage))
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


async def test_a_rehearsal_that_cannot_be_is_explained_and_makes_nothing(tmp_path: Path) -> None:
    """One of three is below the floor, two names that are one are refused, a taken folder is told."""
    desk = stage.desk(tmp_path)
    (tmp_path / "rehearsal-2030-03-01/devices").mkdir(parents=True)
    app = CeremonyApp(desk, RehearsePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#no")
        assert app.screen.query_one("#folder", LineInput).value.endswith("rehearsal-2030-03-01-2")
        for line, text, told in (
            ("#threshold", "x", "THRESHOLD-FLOOR"),
            ("#threshold", "2", ""),
            ("#names", "ann, Ann, bob", "✗ 'Ann'; wanted a name"),
            ("#names", "ann, bob, cyd", ""),
            ("#folder", "rehearsal-2030-03-01", "devices"),
        ):
            app.screen.query_one(line, LineInput).value = text
            if told:
                await pilot.press("enter" if app.screen.focused is app.screen.query_one("#yes") else "tab")
                app.screen.query_one("#yes").focus()
                await pilot.press("enter")
                await stage.until(pilot, lambda told=told: told in stage.text_of(app))
        assert isinstance(app.screen, RehearsePage)
