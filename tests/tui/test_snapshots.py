"""How every page looks, at 80 by 24 and at 120 by 40."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from tui import stage

from ceremony.core.plan import write_plan
from ceremony.engine.bundle import Bundle
from ceremony.engine.questions import Question
from ceremony.engine.room import Work
from ceremony.engine.sitting import Outcome
from ceremony.engine.verify import Check, Verdict
from ceremony.errors import RefusedError, StorageError, TamperedError
from ceremony.tui.app import CeremonyApp
from ceremony.tui.desk import Desk
from ceremony.tui.screens import working
from ceremony.tui.screens.done import DonePage
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.enrolled import EnrolledPage
from ceremony.tui.screens.my_device import MyDevicePage
from ceremony.tui.screens.page import Page
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.practice_card import PracticeCardPage
from ceremony.tui.screens.rehearse import RehearsePage
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.trouble import TroublePage
from ceremony.tui.screens.verify import Judged, VerifyPage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.wishes import Sitting
from hsm import Pin

PICTURE = Path(__file__).parents[2] / "docs/screen.svg"
SNAPSHOTS = Path(__file__).parent / "__snapshots__/test_snapshots"

FOLDER = Path("/nowhere/ceremonies")
"""Where no ceremony is kept: the pages that list a folder list nothing."""


@pytest.fixture
def svg(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Pictures are kept one file each."""
    return snapshot.use_extension(stage.SvgSnapshot)


ON_THE_TABLE = (
    stage.Lying(stage.ANN, (stage.key(1, "packages.example.org"),), stage.SLOTS),
    stage.Lying(stage.NEW, (), stage.SLOTS[2:]),
    stage.Lying(stage.BOB),
    stage.Lying(stage.CYD),
)

QUESTIONS: dict[str, Question[Any]] = {
    "confirm": stage.confirm(),
    "roll-call": stage.roll_call(),
    "describe": stage.describe(),
    "plug-in": stage.plug_in(),
    "ask-pin": stage.ask_pin(),
    "ask-pin-last-try": stage.ask_pin(device=stage.BOB),
    "ask-puk": stage.ask_puk(),
    "choose-pin": stage.choose_code(),
    "choose-puk": stage.choose_code(code="PUK"),
    "choose-slot": stage.choose_slot(),
    "choose-slot-taken": stage.choose_slot(wanted="9c"),
    "type-loss": stage.type_loss(),
    "type-loss-trouble": stage.type_loss(
        trouble=RefusedError("LOSS-TYPED", "other letters", "the first eight letters")
    ),
    "take-enrolment": stage.take_enrolment(),
    "take-response": stage.take_response(),
    "plug-in-new": stage.plug_in(lambda: (stage.NEW, stage.BOB), wanted=""),
    "trouble": stage.ask_pin(trouble=RefusedError("DEVICE-PLANNED", "device 10009 for ann", "device 10001")),
    "keep-enrolment": stage.keep_enrolment(),
    "review": stage.review_page(),
    "type-words": stage.type_words(),
    "choose-place": stage.choose_place(),
}

PAGES: dict[str, Callable[[Desk], Page]] = {
    "welcome": WelcomePage,
    "welcome-with-devices": lambda desk: WelcomePage(replace(desk, find=lambda: (ON_THE_TABLE, ()))),
    "my-device": lambda desk: MyDevicePage(replace(desk, find=lambda: (ON_THE_TABLE, ()))),
    "enrol-alone": EnrolAlonePage,
    "enrolled": lambda desk: EnrolledPage(desk, stage.roster().enrolments[0], FOLDER / "first-root-ann"),
    "plan": PlanPage,
    "rehearse": RehearsePage,
    "practice-card": lambda desk: PracticeCardPage(
        desk,
        stage.plan(),
        Sitting(b"", "", FOLDER / "bundle", None, {"1": Pin("111111"), "2": Pin("222222"), "3": Pin("333333")}),
    ),
    "resume": ResumePage,
    "verify": VerifyPage,
    "stopped-by-disk": lambda desk: TroublePage(desk, StorageError("/media/stick/release", "ENOSPC"), "/kept/bundle"),
    "done": lambda desk: DonePage(
        desk, Outcome(FOLDER / "bundle", Path("/media/stick/release"), Bundle("release", stage.plan(), b"plan"))
    ),
}


def ready(app: CeremonyApp) -> bool:
    """Nothing on the page is still being looked for."""
    return "Looking for devices" not in stage.text_of(app)


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", QUESTIONS)
async def test_how_a_question_looks(svg: SnapshotAssertion, name: str, size: tuple[int, int]) -> None:
    """The question in the middle of the sitting."""
    app = stage.app_for(FOLDER, stage.Script((QUESTIONS[name],)))
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "QuestionPage")
        await stage.until(pilot, lambda: ready(app))
        assert stage.picture(app) == svg


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PAGES)
async def test_how_a_page_looks(svg: SnapshotAssertion, name: str, size: tuple[int, int]) -> None:
    """A page outside a sitting."""
    desk = stage.desk(FOLDER)
    app = CeremonyApp(desk, PAGES[name](desk))
    async with app.run_test(size=size) as pilot:
        await stage.until(pilot, lambda: ready(app))
        assert stage.picture(app) == svg


WORK: dict[str, Work] = {
    "signing": stage.working(),
    "late": stage.working(seconds=0),
    "pad": stage.working(seconds=None, device=replace(stage.BOB, has_pin_pad=True), what="The PIN is typed there"),
}


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", WORK)
async def test_how_work_looks(
    svg: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int]
) -> None:
    """A touch is waited for, with its countdown and what is done; nobody came in time; a PIN is typed elsewhere."""
    monkeypatch.setattr(working, "TICK_SECONDS", 3600)  # a slow machine draws the first second too
    waiting = stage.Waiting(stage.scene(work=WORK[name]))
    app = stage.app_for(FOLDER, waiting)
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "WorkingPage")
        seen = stage.picture(app)
        waiting.go_on.set()
    assert seen == svg


def test_the_picture_in_the_readme_is_a_screen_of_today() -> None:
    """The README shows the signing page as it looks now: copy its snapshot there when it changes."""
    snapshot = SNAPSHOTS / "test_how_work_looks[signing-120x40].svg"
    assert PICTURE.read_bytes() == snapshot.read_bytes()


async def picture_with(pilot: Pilot[Any], *keys: str) -> str:
    """The screen after these keys."""
    await stage.shown(pilot, "QuestionPage")
    await pilot.press(*keys)
    await pilot.pause()
    return stage.picture(pilot.app)  # type: ignore[arg-type]  # a pilot does not say which app it steers


@pytest.mark.parametrize("key", ["f1", "ctrl+q"])
async def test_how_what_lies_over_a_page_looks(svg: SnapshotAssertion, key: str) -> None:
    """The explanation, and the question whether to stop."""
    app = stage.app_for(FOLDER, stage.Script((stage.confirm(),)))
    async with app.run_test(size=(80, 24)) as pilot:
        assert await picture_with(pilot, key) == svg


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_how_a_verdict_looks(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """One check that holds, one that does not."""
    checks = (
        Check("every byte of the bundle is accounted for", "release of first-root; its words: a b c"),
        Check("the transcript's chain of hashes holds", "", TamperedError("the chain is broken", "line 3")),
    )
    desk = stage.desk(FOLDER)
    app = CeremonyApp(desk, VerifyPage(desk))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.screen.post_message(Judged(Verdict(FOLDER, checks)))
        await stage.until(pilot, lambda: "VERDICT" in stage.text_of(app))
        assert stage.picture(app) == svg


async def test_how_a_terminal_that_is_too_small_looks(svg: SnapshotAssertion) -> None:
    """One message covers everything."""
    app = stage.app_for(FOLDER, stage.Script((stage.confirm(),)))
    async with app.run_test(size=(60, 20)) as pilot:
        await stage.shown(pilot, "#cover")
        assert stage.picture(app) == svg


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_how_a_good_plan_looks(
    svg: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """Every line has its mark once a plan is loaded."""
    # Where the folder of a test lies, and so how long a path on the page is, differs from run to run.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text(write_plan(stage.plan()), encoding="utf-8")
    desk = stage.desk(Path())
    app = CeremonyApp(desk, PlanPage(desk))
    async with app.run_test(size=size) as pilot:
        await stage.typed(pilot, "plan.toml")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "Loaded" in stage.text_of(app))
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert stage.picture(app) == svg
