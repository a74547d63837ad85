"""A ceremony that follows another, on the pages before the sitting: chosen, planned, resumed, enrolled for."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import people
from textual.pilot import Pilot
from tui import stage
from tui.test_plan import choose, line, put, said, verdict

from ceremony.core.kept_plan import kept_plan
from ceremony.core.plan import Plan, parse_plan, write_plan
from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle, pack
from ceremony.tui.app import CeremonyApp
from ceremony.tui.plan_form import form_of
from ceremony.tui.plan_judgement import judge
from ceremony.tui.screens.doors import BeginPage
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.follow import FollowPage
from ceremony.tui.screens.page import Page
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.plan_fields import HolderLines
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.line_input import LineInput

LATER = stage.NOW + timedelta(days=300)


def at(page: type[Page], folder: Path) -> CeremonyApp:
    """The screens at this page, beside a release."""
    stage.released(folder / "release")
    desk = stage.desk(folder)
    return CeremonyApp(desk, page(desk))


def planning(folder: Path, plan: Plan) -> CeremonyApp:
    """The screens at this plan, which follows the release."""
    desk = stage.desk(folder)
    return CeremonyApp(desk, PlanPage(desk, plan, stage.released(folder / "release")))


def own(app: CeremonyApp) -> str:
    """What is said of what this machine trusts."""
    return str(app.screen.query_one("#own").render())


def holder(app: CeremonyApp, place: int) -> HolderLines:
    """The lines of the keyholder at this place."""
    return list(app.screen.query(HolderLines))[place]


async def turn(pilot: Pilot[Any], place: int, choice: str) -> None:
    """This was chosen for the keyholder at this place."""
    holder(pilot.app, place).query_one(f"#{choice}").focus()  # type: ignore[arg-type]  # a pilot does not say which app
    await pilot.press("enter")
    await pilot.pause()


async def submit(pilot: Pilot[Any], selector: str, text: str) -> None:
    """This was typed into the line, and Enter pressed."""
    await put(pilot, selector, text)
    pilot.app.screen.query_one(selector).focus()
    await pilot.press("enter")
    await pilot.pause()


async def test_a_release_is_found_and_shown_with_both_kinds(tmp_path: Path) -> None:
    """It is listed; it shows versions, ends and quorums; each kind opens its own plan; Escape leads home."""
    app = at(FollowPage, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#found-0")
        await pilot.press("tab", "tab", "enter")
        await stage.shown(pilot, "#refresh")
        seen = stage.text_of(app)
        assert "root 1 until 2031-03-01 09:00, 2 of 3 sign it" in seen
        assert "Keyholders: ann, bob, cyd" in seen
        await choose(pilot, "refresh")
        await stage.until(pilot, lambda: isinstance(app.screen, PlanPage))
        assert "A refresh that follows root 1" in stage.text_of(app)
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, BeginPage))


async def test_what_is_no_release_is_not_followed(tmp_path: Path) -> None:
    """A request, and a folder that is not there, are explained; No leads home."""
    pack(Bundle("request", stage.plan(), write_plan(stage.plan()).encode()), tmp_path / "request")
    app = at(FollowPage, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        for name, told in (("request", "a bundle for a request"), ("nowhere", "nowhere")):
            await submit(pilot, "#path", name)
            await stage.until(pilot, lambda told=told: told in str(app.screen.query_one("#status").render()))
            assert not app.screen.query("#rotation")
        await choose(pilot, "no")
        await stage.until(pilot, lambda: isinstance(app.screen, BeginPage))


async def test_whoever_leaves_or_gets_another_device_can_stay_after_all(tmp_path: Path) -> None:
    """What is taken back is as it was; while the key stays nothing of the device can be typed."""
    app = planning(tmp_path, stage.following())
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: "is trusted here" in own(app))
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        cyd = holder(app, 2)
        before = cyd.texts
        assert before["keyid"]
        assert cyd.query_one("#device", LineInput).disabled
        await turn(pilot, 2, "renew")
        assert cyd.texts["keyid"] == ""
        await stage.typed(pilot, "10009")
        assert cyd.texts["device"] == "10009"
        await stage.until(pilot, lambda: "an end for targets" in said(app, "expires.targets"))
        assert "marked above: targets ends" in verdict(app)
        await turn(pilot, 2, "leave")
        assert not cyd.stays
        await turn(pilot, 2, "leave")
        assert cyd.stays
        await turn(pilot, 2, "renew")
        assert cyd.texts == before
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))


async def test_a_threshold_that_nobody_is_left_for_is_told_in_its_line(tmp_path: Path) -> None:
    """Two leave: the one who stays is too few, until somebody comes with a key that is new."""
    app = planning(tmp_path, stage.following())
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await turn(pilot, 1, "leave")
        await turn(pilot, 2, "leave")
        await stage.until(pilot, lambda: "at least as many" in said(app, "thresholds.root"))
        holder(app, 3).query_one("#name", LineInput).value = "bob"
        await stage.until(pilot, lambda: "an end for targets" in said(app, "expires.targets"))
        for role in ("targets", "bins"):
            line(app, f"expires.{role}").write("2031-01-01")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await choose(pilot, "save")
    plan = parse_plan((tmp_path / "packages-example-org-2030-03-rotation.toml").read_bytes(), "")
    assert [(each.name, bool(each.keyid)) for each in plan.keyholders] == [("ann", True), ("bob", False)]


async def test_a_plan_from_a_file_asks_what_this_machine_trusts(tmp_path: Path) -> None:
    """Without it nothing begins; what cannot be read and another root are told; the right one lets it begin."""
    plan = stage.following("refresh")
    (tmp_path / "next.toml").write_text(write_plan(plan), encoding="utf-8")
    other = replace(plan, trusted=replace(plan.trusted, sha256="0" * 64))
    (tmp_path / "other.toml").write_text(write_plan(other), encoding="utf-8")
    app = at(PlanPage, tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "#begin")
        assert not app.screen.query_one("FollowingLines").display
        await submit(pilot, "#load", "next.toml")
        await stage.until(pilot, lambda: "needed: what this machine trusts" in own(app))
        assert app.screen.query_one("#key-path", LineInput).disabled
        await choose(pilot, "begin")
        assert "put right what is marked" in verdict(app)
        await submit(pilot, "#trusted-path", "nowhere")
        await stage.until(pilot, lambda: "nowhere" in own(app))
        await submit(pilot, "#trusted-path", "release")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert "on YubiKey 5C NFC 10001" in str(holder(app, 0).query_one(".label").render())
        await submit(pilot, "#load", "other.toml")
        await stage.until(pilot, lambda: "which is trusted here" in own(app))
        await submit(pilot, "#load", "next.toml")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await put(pilot, "#trusted-path", "rel")
        await stage.until(pilot, lambda: "needed: what this machine trusts" in own(app))
        await submit(pilot, "#trusted-path", "release")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await choose(pilot, "begin")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
        await stage.shown(pilot, "ConfirmPage")


@pytest.mark.parametrize(
    ("plan", "path", "told"),
    [
        (
            stage.following("refresh", thresholds={"root": 3, "targets": 2, "bins": 2}),
            "expires.root",
            "an end for root",
        ),
        (
            stage.following("refresh", thresholds={"root": 3, "targets": 2, "bins": 2}, expires={"root": LATER}),
            "expires.root",
            "version and expiry alone",
        ),
        (stage.following(repository="other.example"), "online_key", "a proof that does not hold"),
        (stage.following(is_rehearsal=False), "repository", "the real thing after a rehearsal"),
        (stage.following(expires={}), "expires.root", "the end of at least one role"),
    ],
)
def test_each_problem_beside_what_is_followed_has_its_line(plan: Plan, path: str, told: str) -> None:
    """Where a rule of succession says no, its words stand beside the field that can be changed."""
    found = judge(form_of(plan), Policy(), stage.before())
    assert told in found.problems[path]
    assert not found.is_good


def test_a_key_that_is_not_theirs_is_told_with_its_keyholder() -> None:
    """Ann says that she keeps the key of bob."""
    ann, bob, cyd = stage.following().keyholders
    plan = stage.following(keyholders=(replace(ann, keyid=bob.keyid), bob, cyd))
    found = judge(form_of(plan), Policy(), stage.before())
    assert "kept by ann" in found.problems["keyholders[0]"]


def test_the_form_loses_nothing_of_a_plan_that_follows() -> None:
    """Kind, root and keyids come back as they went in, and an end that is not there stays away."""
    plan = stage.following(expires={"root": LATER})
    assert judge(form_of(plan), Policy(), stage.before()).plan == plan


def test_a_second_ceremony_on_one_day_has_another_name() -> None:
    """Its bundle is another folder."""
    last = replace(stage.plan(), id=stage.following().id)
    assert kept_plan(stage.before(), last, "rotation", stage.NOW).id == "packages-example-org-2030-03-01-rotation"


def request(folder: Path) -> Path:
    """A ceremony that follows, stopped before anybody enrolled."""
    plan = stage.following()
    pack(
        Bundle("request", plan, write_plan(plan).encode(), stage.before().roster, before=stage.before()),
        folder / "bundle",
    )
    return folder / "bundle"


async def test_resuming_asks_what_this_machine_trusts(tmp_path: Path) -> None:
    """No path, a path to nothing and another root do not begin; the root that it starts from does."""
    request(tmp_path)
    (tmp_path / "other.json").write_bytes(people.sealed().files[0].encode())
    app = at(ResumePage, tmp_path)
    (tmp_path / "root.json").write_bytes(stage.before().trusted.root.encode())
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await submit(pilot, "#path", "bundle")
        await stage.shown(pilot, "#ready")
        assert "root: 0 of 2, not drafted yet" in stage.text_of(app)
        await choose(pilot, "ready")
        assert "does not vouch for itself" in own(app)
        await submit(pilot, "#trusted", "nowhere")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "nowhere" in own(app))
        await submit(pilot, "#trusted", "other.json")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "another 1.root.json than the one this machine trusts" in own(app))
        await submit(pilot, "#trusted", "root.json")
        assert app.screen.focused is app.screen.query_one("#ready")
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
        await stage.shown(pilot, "ConfirmPage")


async def test_only_those_with_another_device_enrol_away_from_the_room(tmp_path: Path) -> None:
    """Whoever keeps a key is not asked; the machine's own root is named before anybody says who they are."""
    ann, bob, cyd = stage.following().keyholders
    ends = dict.fromkeys(("root", "targets", "bins"), LATER)
    plan = stage.following(keyholders=(ann, bob, replace(cyd, keyid="")), expires=ends)
    (tmp_path / "next.toml").write_text(write_plan(plan), encoding="utf-8")
    app = at(EnrolAlonePage, tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await submit(pilot, "#path", "next.toml")
        await stage.shown(pilot, "#trusted")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "needed: what this machine trusts itself" in own(app))
        await submit(pilot, "#trusted", "release")
        await stage.shown(pilot, "#person-0")
        assert [each.label for each in app.screen.query("#people Choice").results(Choice)] == [
            "I am cyd (signs root, targets, bins)"
        ]
        await pilot.press("enter")
        await stage.shown(pilot, "#ready")
        await pilot.press("enter", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
        await stage.shown(pilot, "PlugInPage")


async def test_in_a_refresh_nobody_enrols(tmp_path: Path) -> None:
    """The page says so once it knows what is followed, and there is nobody to choose; another path, and it is open."""
    (tmp_path / "next.toml").write_text(write_plan(stage.following("refresh")), encoding="utf-8")
    app = at(EnrolAlonePage, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        await submit(pilot, "#path", "next.toml")
        await stage.shown(pilot, "#trusted")
        await submit(pilot, "#trusted", "release")
        await stage.until(pilot, lambda: "nobody enrols" in stage.text_of(app))
        assert not app.screen.query("#people Choice")
        assert app.screen.focused is app.screen.query_one("#no")
        await submit(pilot, "#trusted", "nowhere")
        await stage.until(pilot, lambda: "nobody enrols" not in stage.text_of(app))
