"""A repository that others have made, looked through at the screens."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.history import FIRST, SECOND, by, files, rekeyed, root, shown
from syrupy.assertion import SnapshotAssertion
from tui import stage

from ceremony.core.findings import STRICT, Finding
from ceremony.core.foreign import Survey, Surveyed
from ceremony.core.tally import Standing
from ceremony.engine.surveying import LookedThrough, look_through
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.doors import LookPage
from ceremony.tui.screens.foreign import ForeignPage, Told, survey_lines
from ceremony.tui.widgets.line_input import LineInput


def published(folder: Path, found: dict[str, bytes], pinned: bytes) -> CeremonyApp:
    """The page beside a repository of these files, and the pinned root."""
    (folder / "site/metadata").mkdir(parents=True)
    for name, data in found.items():
        (folder / "site/metadata" / name).write_bytes(data)
    (folder / "mine.json").write_bytes(pinned)
    desk = stage.desk(folder)
    return CeremonyApp(desk, ForeignPage(desk))


def told(pinned: bytes | None, found: dict[str, bytes], folder: Path) -> list[str]:
    """The lines about a repository of these files."""
    for name, data in found.items():
        (folder / name).write_bytes(data)
    return "\n".join(str(each) for each in survey_lines(look_through(folder, pinned), stage.NOW)).split("\n")


async def test_a_clean_repository_is_found_chosen_and_told(tmp_path: Path) -> None:
    """Its folder is offered; the pinned root is typed; both answers are good; Escape leads back."""
    app = published(tmp_path, files(), FIRST.encode())
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#found-0")
        await pilot.press("enter")
        assert app.screen.focused is app.screen.query_one("#path")
        await pilot.press("tab", "tab", "down", "enter")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#pinned"))
        await stage.typed(pilot, "mine.json")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "ROOTS" in stage.text_of(app))
        seen = " ".join(stage.text_of(app).split())
        assert "Counted from root 1, the pinned one." in seen
        assert "✓ Strict clients come from root 1 to root 3." in seen
        await pilot.press("pagedown", "pagedown")
        await stage.until(pilot, lambda: "Nothing is out of the ordinary in any file." in stage.text_of(app))
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, LookPage))


async def test_what_cannot_be_read_is_explained(tmp_path: Path) -> None:
    """A pinned root that is none, a folder that is not there; a root without a folder asks for one; No leads back."""
    app = published(tmp_path, files(), b"{}")
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#pinned")
        app.screen.query_one("#pinned").focus()
        await stage.typed(pilot, "mine.json")
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#path"))
        for folder, said in (("site", "no signed metadata"), ("nowhere", "nowhere")):
            app.screen.query_one("#path", LineInput).value = folder
            app.screen.query_one("#pinned").focus()
            await pilot.press("enter")
            await stage.until(pilot, lambda said=said: said in str(app.screen.query_one("#survey").render()))
        app.screen.query_one("#no").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, LookPage))


def test_strict_clients_get_an_answer_of_their_own(tmp_path: Path) -> None:
    """A wrong keyid stops them alone; the page says from which root they come to the end, why, and what to do."""
    wrong = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")
    said = told(FIRST.encode(), files(wrong), tmp_path)
    assert any(each.startswith("✓ Clients on python-tuf come from root 1 to root 3.") for each in said)
    (place,) = (place for place, each in enumerate(said) if each.startswith("✗ Strict clients do not come"))
    assert "The first root from which they do is root 3." in said[place]
    assert said[place + 1].startswith("    2.root.json: 0000000000000000 (its key's hash is ")
    assert any(each.startswith("! root 2 ends") and each.endswith("stops strict clients") for each in said)
    assert any(each.startswith("Whoever is to start today starts with root 3") for each in said)


def test_without_a_pinned_root_nobody_vouches_for_what_is_told(tmp_path: Path) -> None:
    """It says so first, and what to do about it."""
    said = told(None, files(), tmp_path)
    assert said[1] == "Counted from root 1, the oldest one here."
    assert said[2].startswith("! Nobody vouches for that root")
    assert any(each.startswith("Get a root by a way of its own") for each in said)


def test_a_last_root_that_nobody_takes_is_said_to_be_so(tmp_path: Path) -> None:
    """Both answers say no, the root has its mark, and the rule that would refuse it here is explained."""
    alone = by(root(1), "ann")
    said = told(alone.encode(), shown([alone]), tmp_path)
    assert sum(each.startswith("✗ ") and "refuse root 1" in each for each in said) == 2
    assert any(each.startswith("✗ root 1 ends") and each.endswith("stops every client") for each in said)
    assert "TRUSTED-PINNED" in " ".join(said)


def test_a_clean_repository_needs_nothing(tmp_path: Path) -> None:
    """The last line says so."""
    assert told(FIRST.encode(), files(), tmp_path)[-1] == "Nothing."


def surveyed(version: int, own: Iterable[Finding] = ()) -> Surveyed:
    """A root with these findings, signed by two of two."""
    standing = Standing("root", f"root {version}", 2, ("a", "b"), ())
    return Surveyed(f"{version}.root.json", "root", version, tuple(own), (), (standing,), stage.NOW + timedelta(days=9))


TARGETS = Standing("targets", "root 2", 2, ("a", "b"), ("c",))
SHOWN = Survey(
    1,
    (
        surveyed(1, [Finding("keyid-hash", "a key under another keyid", "its own hash", (STRICT,))]),
        surveyed(2, [Finding("consistent-snapshot", "False", "true", ())]),
    ),
    (Surveyed("4.targets.json", "targets", 4, (), (), (TARGETS,), stage.NOW - timedelta(days=1)),),
)


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_how_a_survey_looks(snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Two answers, and every file below them."""
    desk = stage.desk(Path("/nowhere/ceremonies"))
    app = CeremonyApp(desk, ForeignPage(desk))
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "#path")
        app.screen.post_message(Told(LookedThrough(SHOWN, is_pinned=True, refusal=None)))
        await stage.until(pilot, lambda: "ROOTS" in stage.text_of(app))
        assert stage.picture(app) == snapshot.use_extension(stage.SvgSnapshot)
