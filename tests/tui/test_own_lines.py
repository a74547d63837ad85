"""What a machine trusts itself, where others made the repository: the folder, and the root that was pinned."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import rooms
from fakes.foreign_repository import foreign_repository
from stories.test_foreign_repository import Import, import_of
from textual.pilot import Pilot
from textual.widgets import Static
from tui import stage

from ceremony.core.plan import write_plan
from ceremony.engine import questions as q
from ceremony.engine.sitting import sit
from ceremony.errors import PausedError
from ceremony.tui import app as screens
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.bundle import BundlePage
from ceremony.tui.screens.elsewhere import ElsewherePage
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.page import Page
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Sitting, TakeIn

FOLDER, ROOT = "foreign/metadata", "foreign/metadata/1.root.json"


class Listening(CeremonyApp):
    """The screens, and what was begun on them."""

    CSS_PATH = Path(screens.__file__).with_name("ceremony.tcss")
    begun: Sitting | None = None

    def on_begin(self, message: Begin) -> None:
        """A sitting begins."""
        self.begun = message.sitting

    def on_take_in(self, message: TakeIn) -> None:
        """Responses are taken in."""
        self.begun = message.sitting


@pytest.fixture(name="taken")
def _taken(tmp_path: Path) -> Import:
    """A plan that takes the repository over, its ceremony in which cyd has to sign yet, and the request to cyd."""
    found = import_of(tmp_path)
    (tmp_path / "plan.toml").write_text(write_plan(found.plan()), encoding="utf-8")
    found.desk.operator.answers[q.RollCall] = lambda _page: ("ann", "bob", "day")
    with pytest.raises(PausedError):
        sit(found.desk.room, replace(found.agenda(found.plan()), request=tmp_path / "request"))
    foreign_repository(tmp_path / "other", rooms.NOW)
    return found


def app_at(folder: Path, page: type[Page]) -> Listening:
    """The screens at this page; at that of a bundle, the one in `folder`."""
    desk = replace(stage.desk(folder), clock=lambda: rooms.NOW, sticks=tuple)
    return Listening(desk, BundlePage(desk, folder / "bundle") if page is BundlePage else page(desk))


async def put(pilot: Pilot[Any], line: str, text: str) -> None:
    """This was typed into the line, with Enter."""
    await stage.shown(pilot, line)
    found = pilot.app.screen.query_one(line, LineInput)
    found.focus()
    found.value = text
    await pilot.press("enter")


async def choose(pilot: Pilot[Any], choice: str) -> None:
    """This was chosen."""
    await stage.shown(pilot, choice)
    pilot.app.screen.query_one(choice, Choice).focus()
    await pilot.press("enter")


def own(app: CeremonyApp) -> str:
    """What is said of what this machine trusts."""
    return str(app.screen.query_one("#own", Static).render())


async def begun(pilot: Pilot[Any], app: Listening, choice: str) -> Sitting:
    """What begins at this choice: with another root pinned nothing, with the right one a sitting that has it."""
    await put(pilot, "#trusted", FOLDER)
    await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#pinned"))
    await put(pilot, "#pinned", "other/metadata/1.root.json")
    await choose(pilot, choice)
    await stage.until(pilot, lambda: "pinned root" in own(app))
    assert app.begun is None
    await put(pilot, "#pinned", ROOT)
    await choose(pilot, choice)
    await stage.until(pilot, lambda: app.begun is not None)
    assert app.begun is not None
    return app.begun


async def test_what_was_wrong_is_gone_when_something_else_is_typed(taken: Import) -> None:
    """Nobody reads of a missing path beside the path."""
    app = app_at(taken.desk.folder, BundlePage)
    async with app.run_test(size=(80, 24)) as pilot:
        await choose(pilot, "#ready")
        await stage.until(pilot, lambda: "needed: a path" in stage.text_of(app))
        await put(pilot, "#trusted", FOLDER)
        await stage.until(pilot, lambda: "needed: a path" not in stage.text_of(app))


@pytest.mark.parametrize("choice", ["#ready", "#take"])
async def test_a_bundle_is_gone_on_with_from_the_root_that_is_pinned(taken: Import, choice: str) -> None:
    """Sitting down, and taking in."""
    folder = taken.desk.folder
    app = app_at(folder, BundlePage)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await begun(pilot, app, choice)
    assert (found.trusted, found.pinned) == (folder / FOLDER, folder / ROOT)


async def test_a_request_is_signed_from_the_root_that_is_pinned(taken: Import) -> None:
    """The line for it leads to the next one."""
    folder = taken.desk.folder
    app = app_at(folder, ElsewherePage)
    async with app.run_test(size=(80, 24)) as pilot:
        await put(pilot, "#path", "request")
        await put(pilot, "#trusted", FOLDER)
        await put(pilot, "#pinned", ROOT)
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#scanned"))
        found = await begun(pilot, app, "#yes")
    assert (found.trusted, found.pinned) == (folder / FOLDER, folder / ROOT)


async def test_whoever_has_a_key_of_others_enrols_away_from_the_room(taken: Import) -> None:
    """Who that is, only what is trusted can tell: so nobody is offered before it is read, from the pinned root on."""
    folder = taken.desk.folder
    app = app_at(folder, EnrolAlonePage)
    async with app.run_test(size=(80, 24)) as pilot:
        await put(pilot, "#path", "plan.toml")
        await put(pilot, "#trusted", FOLDER)
        assert not app.screen.query("#person-0")
        await put(pilot, "#pinned", "other/metadata/1.root.json")
        await stage.until(pilot, lambda: "pinned root" in own(app))
        assert not app.screen.query("#person-0")
        await put(pilot, "#pinned", ROOT)
        await stage.shown(pilot, "#person-2")
        people = [each.label for each in app.screen.query("#who Choice").results(Choice)]
        assert [each.split()[2] for each in people] == ["ann", "bob", "day"]
        await choose(pilot, "#person-0")
        await choose(pilot, "#yes")
        await stage.until(pilot, lambda: app.begun is not None)
    assert app.begun is not None
    assert (app.begun.alone, app.begun.trusted, app.begun.pinned) == ("ann", folder / FOLDER, folder / ROOT)


async def test_what_is_no_folder_of_others_needs_no_pinned_root(taken: Import) -> None:
    """The line comes and goes with what is typed above it; what stands in it then counts for nothing."""
    app = app_at(taken.desk.folder, BundlePage)
    async with app.run_test(size=(80, 24)) as pilot:
        await put(pilot, "#trusted", FOLDER)
        await put(pilot, "#pinned", "other/metadata/1.root.json")
        await put(pilot, "#trusted", "foreign/metadata/2.root.json")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#ready"))
        assert not app.screen.query_one("#pinned").display
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.begun is not None)
    assert app.begun is not None
    assert app.begun.pinned is None
