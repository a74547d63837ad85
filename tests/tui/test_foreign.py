"""A repository that others have made, looked through at the screens."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from fakes.history import FIRST, SECOND, by, files, rekeyed, root, shown, without
from syrupy.assertion import SnapshotAssertion
from tui import stage

from ceremony.core.findings import STRICT, Finding
from ceremony.core.foreign import Survey, Surveyed, survey
from ceremony.core.tally import Standing
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.doors import LookPage
from ceremony.tui.screens.foreign import ForeignPage, LookedThrough, survey_lines
from ceremony.tui.widgets.line_input import LineInput


def published(folder: Path, found: dict[str, bytes], pinned: bytes) -> CeremonyApp:
    """The page beside a repository of these files, and the pinned root."""
    (folder / "site/metadata").mkdir(parents=True)
    for name, data in found.items():
        (folder / "site/metadata" / name).write_bytes(data)
    (folder / "mine.json").write_bytes(pinned)
    desk = stage.desk(folder)
    return CeremonyApp(desk, ForeignPage(desk))


def told(found: Survey) -> list[str]:
    """The lines about this repository."""
    return [str(each) for each in survey_lines(found)]


async def test_a_clean_repository_is_found_chosen_and_told(tmp_path: Path) -> None:
    """Its folder is offered; the pinned root is typed; both answers are good; No leads back."""
    app = published(tmp_path, files(), FIRST.encode())
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#found-0")
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#pinned"))
        await pilot.press("tab", "down", "enter")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#pinned"))
        await stage.typed(pilot, "mine.json")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "OTHER FILES" in stage.text_of(app))
        seen = stage.text_of(app)
        assert seen.count("come from your root to the last one") == 2
        assert "✓ 3.root.json: 2 of 2 under root 2, 2 of 2 under root 3" in seen
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, LookPage))


async def test_what_cannot_be_read_is_explained(tmp_path: Path) -> None:
    """A pinned root that is none, a folder that is not there, and a line that is still empty."""
    app = published(tmp_path, files(), b"{}")
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#pinned")
        app.screen.query_one("#pinned").focus()
        await stage.typed(pilot, "mine.json")
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#path"))
        for folder, said in (("site", "no signed metadata"), ("nowhere", "nowhere")):
            app.screen.query_one("#path", LineInput).value = folder
            await pilot.press("enter")
            await stage.until(pilot, lambda said=said: said in str(app.screen.query_one("#survey").render()))
        app.screen.query_one("#no").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, LookPage))


def test_strict_clients_get_an_answer_of_their_own() -> None:
    """A wrong keyid stops them alone; the page says which root to pin, why, and who stops where."""
    wrong = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")
    said = told(survey(FIRST.encode(), files(wrong)))
    assert said[0] == "Roots 1 to 3; the one that you trust is root 1."
    assert said[1] == "✓ Clients like python-tuf come from your root to the last one."
    assert said[2] == "! Strict clients start at root 3, and not at yours: pin 3.root.json for them."
    assert said[3].startswith("    2.root.json: 0000000000000000 (its key's hash is ")
    (place,) = (place for place, line in enumerate(said) if line.startswith("! 2.root.json"))
    assert said[place + 1].endswith("Strict clients stop here.")


def test_a_last_root_that_nobody_takes_is_said_to_be_so() -> None:
    """Both answers say no, and only roots are here."""
    alone = by(root(1), "ann")
    said = told(survey(alone.encode(), shown([alone])))
    assert said[1] == "✗ Clients like python-tuf do not even take the last root."
    assert "✗ 1.root.json: 1 of 2 under root 1" in said
    assert said[-1] == "no targets: only roots are here"


def test_a_gap_stops_every_client() -> None:
    """The root behind it is where both start."""
    said = told(survey(FIRST.encode(), without(files(), "2.root.json")))
    assert said[1].startswith("! Clients like python-tuf start at root 3")
    assert "    no 2.root.json; wanted: every version. Every client stops here." in said


def surveyed(version: int, own: Iterable[Finding] = ()) -> Surveyed:
    """A root with these findings, signed by two of two."""
    standing = Standing("root", f"root {version}", 2, ("a", "b"), ())
    return Surveyed(f"{version}.root.json", "root", version, tuple(own), (), (standing,))


SHOWN = Survey(
    1,
    (
        surveyed(1, [Finding("keyid-hash", "a key under another keyid", "its own hash", (STRICT,))]),
        surveyed(2, [Finding("consistent-snapshot", "False", "true", ())]),
    ),
    (Surveyed("4.targets.json", "targets", 4, (), (), (Standing("targets", "root 2", 2, ("a", "b"), ("c",)),)),),
)


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_how_a_survey_looks(snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Two answers, and every file below them."""
    desk = stage.desk(Path("/nowhere/ceremonies"))
    app = CeremonyApp(desk, ForeignPage(desk))
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "#path")
        app.screen.post_message(LookedThrough(SHOWN))
        await stage.until(pilot, lambda: "OTHER FILES" in stage.text_of(app))
        assert stage.picture(app) == snapshot.use_extension(stage.SvgSnapshot)
