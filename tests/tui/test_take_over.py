"""A repository that others have made goes on from the screens: looked through, its keys asked for, planned, begun."""

from pathlib import Path
from typing import Any

import pytest
from fakes import people
from fakes.foreign_repository import OLD, SIGNED_FIELD, ForeignRepository, foreign_repository
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from tui import stage
from tui.test_plan import choose, line, put, said, verdict

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.core.plan import parse_plan
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.foreign import ForeignPage
from ceremony.tui.screens.key_of_others import KeyOfOthers
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.screens.take_over import TakeOverPage
from ceremony.tui.widgets.line_input import LineInput


def beside(folder: Path) -> tuple[ForeignRepository, CeremonyApp]:
    """A repository of ann, bob and cyd, the key file of an online signer, and the page that looks through it."""
    made = foreign_repository(folder / "theirs", stage.NOW)
    key = OnlineKeyFile(people.REPOSITORY, stage.plan().online_key)
    (folder / "online-key.json").write_bytes(encode_online_key(key))
    desk = stage.desk(folder)
    return made, CeremonyApp(desk, ForeignPage(desk))


def held(app: CeremonyApp) -> list[KeyOfOthers]:
    """The keys that the page asks about."""
    return list(app.screen.query(KeyOfOthers))


def trouble(app: CeremonyApp) -> str:
    """What the page refuses."""
    return str(app.screen.query_one("#trouble").render())


async def survey(pilot: Pilot[Any], *, pinned: str = "theirs/metadata/1.root.json") -> None:
    """The folder was looked through."""
    await stage.shown(pilot, "#pinned")
    pilot.app.screen.query_one("#path", LineInput).value = "theirs/metadata"
    pilot.app.screen.query_one("#pinned", LineInput).value = pinned
    pilot.app.screen.query_one("#pinned").focus()
    await pilot.press("enter")
    await stage.until(pilot, lambda: "ROOTS" in str(pilot.app.screen.query_one("#survey").render()))


async def go_on(pilot: Pilot[Any], app: CeremonyApp) -> None:
    """The page that asks for people is open."""
    await survey(pilot)
    await choose(pilot, "go-on-here")
    await stage.until(pilot, lambda: isinstance(app.screen, TakeOverPage))


async def test_without_a_pinned_root_nothing_goes_on(tmp_path: Path) -> None:
    """What nobody vouches for is looked at alone."""
    _, app = beside(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await survey(pilot, pinned="")
        assert not app.screen.query("#go-on-here")


async def test_who_holds_each_key_is_asked_and_the_plan_keeps_them(tmp_path: Path) -> None:
    """Ann and bob keep theirs, cyd leaves; what is left out is named, and a sitting begins from the pinned root."""
    made, app = beside(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_on(pilot, app)
        await choose(pilot, "plan")
        assert str(tmp_path) in trouble(app)
        await put(pilot, "#key-path", "online-key.json")
        await put(pilot, "#rehearsal", "perhaps")
        await choose(pilot, "plan")
        assert "rehearsal: wanted yes or no" in trouble(app)
        assert "key 3: needed: a name" in trouble(app)
        await put(pilot, "#rehearsal", "yes")
        for each, name in zip(held(app), ("ann", "bob", "bob"), strict=True):
            each.query_one("#name", LineInput).value = name
        await choose(pilot, "plan")
        assert "a name that nobody else has" in trouble(app)
        cyd = held(app)[2]
        cyd.query_one("#name", LineInput).value = "cyd"
        cyd.query_one("#leaves").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "leaves, signs a last time" in str(cyd.query_one(".label").render()))
        await choose(pilot, "plan")
        await stage.until(pilot, lambda: isinstance(app.screen, PlanPage))
        await stage.until(pilot, lambda: "root 2 is trusted here" in str(app.screen.query_one("#own").render()))
        told = str(app.screen.query_one("#others").render())
        assert "leave: cyd" in told
        assert OLD in told
        assert "at least as many" in said(app, "thresholds.root")
        for role in ("root", "targets", "bins"):
            line(app, f"thresholds.{role}").write("2")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await put(pilot, "#save-path", "theirs/taken-over.toml")
        await choose(pilot, "save")
        await choose(pilot, "begin")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
        await stage.shown(pilot, "ConfirmPage")
    plan = parse_plan((tmp_path / "theirs/taken-over.toml").read_bytes(), "")
    assert [(each.name, each.keyid) for each in plan.keyholders] == [
        (name, made.key(name).keyid) for name in ("ann", "bob")
    ]
    assert [(each.name, each.keyid) for each in plan.leaving] == [("cyd", made.key("cyd").keyid)]
    assert {*plan.leaves_out} == {SIGNED_FIELD, OLD}
    assert plan.is_rehearsal


async def test_a_loaded_plan_asks_for_the_pinned_root(tmp_path: Path) -> None:
    """Without it the folder vouches for itself, which is told; another root is refused."""
    _, app = beside(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await go_on(pilot, app)
        await put(pilot, "#key-path", "online-key.json")
        for each, name in zip(held(app), ("ann", "bob", "cyd"), strict=True):
            each.query_one("#name", LineInput).value = name
        await choose(pilot, "plan")
        await stage.until(pilot, lambda: isinstance(app.screen, PlanPage))
        own = app.screen.query_one("#own")
        await stage.until(pilot, lambda: "root 2 is trusted here" in str(own.render()))
        assert "vouches" not in str(own.render())
        app.screen.query_one("#pinned", LineInput).value = ""
        await stage.until(pilot, lambda: "needed: what this machine trusts" in str(own.render()))
        app.screen.query_one("#trusted-path").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "Nobody vouches" in str(own.render()))
        await put(pilot, "#pinned", "online-key.json")
        app.screen.query_one("#pinned").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "the pinned root is not what it claims to be" in str(own.render()))


async def test_a_key_that_nobody_has_is_not_asked_for(tmp_path: Path) -> None:
    """Its lines are closed, until somebody keeps it after all; No leads back to the survey."""
    _, app = beside(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await go_on(pilot, app)
        first = held(app)[0]
        for fate, is_closed in (("nobody", True), ("kept", False)):
            first.query_one(f"#{fate}").focus()
            await pilot.press("enter")
            await pilot.pause()
            assert first.query_one("#name", LineInput).disabled is is_closed
        await choose(pilot, "no")
        await stage.until(pilot, lambda: isinstance(app.screen, ForeignPage))


async def test_a_repository_that_is_gone_is_explained(tmp_path: Path) -> None:
    """There is nothing to ask, and a way back."""
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, TakeOverPage(desk, tmp_path / "nowhere", tmp_path / "root.json"))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: "ENOENT" in stage.text_of(app))
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, ForeignPage))


def publish(folder: Path) -> None:
    """What lies there has the same keys in every run."""
    folder.mkdir()
    for file in stage.before().files.values():
        (folder / file.name).write_bytes(file.encode())


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_how_the_keys_of_others_look(
    snapshot: SnapshotAssertion, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One is kept, one leaves, nobody has the third."""
    monkeypatch.chdir(tmp_path)
    publish(tmp_path / "metadata")
    desk = stage.desk(Path())
    app = CeremonyApp(desk, TakeOverPage(desk, Path("metadata"), Path("metadata/1.root.json")))
    async with app.run_test(size=size) as pilot:
        await stage.until(pilot, lambda: len(held(app)) == len(people.NAMES))
        for each, name, fate in zip(held(app), ("ann", "cyd", ""), ("kept", "leaves", "nobody"), strict=True):
            each.query_one("#name", LineInput).value = name
            each.query_one(f"#{fate}").focus()
            await pilot.press("enter")
        await pilot.pause()
        assert stage.picture(app) == snapshot.use_extension(stage.SvgSnapshot)
