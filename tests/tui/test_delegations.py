"""Delegations before the bins, projects and bins on the plan page: added, changed, taken back, read, told, saved."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import projects
from fakes.people import REPOSITORY
from fakes.projects import project
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from tui import stage
from tui.test_plan import choose, line, put, said, verdict

from ceremony.core.draft import draft
from ceremony.core.path_patterns import is_pattern
from ceremony.core.plan import Claims, Delegation, Leaving, Plan, parse_plan, read_plan, write_plan
from ceremony.core.plan_before_bins import with_names, with_reach
from ceremony.core.policy import Policy
from ceremony.core.projects import Project, claims_digest, encode_claims
from ceremony.core.review import Reviewed, review
from ceremony.core.roster import Roster
from ceremony.engine.batch import batch_of
from ceremony.errors import Problem
from ceremony.tui.app import CeremonyApp
from ceremony.tui.batch_at_hand import BatchAtHand
from ceremony.tui.plan_form import fields_of_form, form_of
from ceremony.tui.plan_judgement import judge
from ceremony.tui.screens.delegation_lines import DelegationLines
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.plan_fields import HolderLines
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.widgets.line_input import LineInput

DEMO = project("demo")
OTHER = project("other")


def delegating(*names: str, **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """The first plan, with these roles before bins; `changes` are fields of it."""
    plan = with_names(stage.plan(), names or ("claimed", "recently-claimed"))
    ends = {role: plan.expires.get(role, plan.expires["bins"]) for role in plan.offline_roles}
    return replace(plan, expires=ends, **changes)


def claiming(*entering: Project, leaving: tuple[str, ...] = ()) -> Plan:
    """The same plan, in which these projects enter claimed."""
    return delegating(claims=Claims("claimed", claims_digest(entering), leaving))


def keep(folder: Path, name: str, *entering: Project, repository: str = REPOSITORY) -> None:
    """A batch of these projects lies in this file."""
    (folder / name).write_bytes(encode_claims(repository, entering))


def opened(folder: Path, plan: Plan | None = None) -> CeremonyApp:
    """The screens at the plan page; `plan` lies there as next.toml."""
    if plan is not None:
        (folder / "next.toml").write_text(write_plan(plan), encoding="utf-8")
    desk = stage.desk(folder)
    return CeremonyApp(desk, PlanPage(desk))


def following(folder: Path, **changes: Any) -> CeremonyApp:  # noqa: ANN401  # any field of a plan
    """The screens at a plan about delegations, which follows a release."""
    desk = stage.desk(folder)
    plan = stage.following("delegation", **changes)
    return CeremonyApp(desk, PlanPage(desk, plan, stage.released(folder / "release")))


async def submit(pilot: Pilot[Any], selector: str, text: str) -> None:
    """This was typed into the line, and Enter pressed."""
    await put(pilot, selector, text)
    pilot.app.screen.query_one(selector).focus()
    await pilot.press("enter")
    await pilot.pause()


async def load(pilot: Pilot[Any]) -> None:
    """The plan that lies there was loaded."""
    await stage.shown(pilot, "#begin")
    await submit(pilot, "#load", "next.toml")
    await stage.until(pilot, lambda: "Loaded" in str(pilot.app.screen.query_one("#trouble").render()))


async def turn(pilot: Pilot[Any], name: str, choice: str) -> None:
    """This was chosen for the delegation of this name."""
    block(pilot.app, name).query_one(f"#{choice}").focus()
    await pilot.press("enter")
    await pilot.pause()


def block(app: Any, name: str) -> DelegationLines:  # noqa: ANN401  # a pilot does not say which app
    """The lines of this delegation."""
    return next(each for each in app.screen.query(DelegationLines) if each.name_of_role == name)


def names(app: CeremonyApp) -> list[str]:
    """The delegations on the page, from top to bottom."""
    return [each.name_of_role for each in app.screen.query(DelegationLines)]


def roles(app: CeremonyApp) -> list[str]:
    """What each keyholder signs."""
    return [each.texts["roles"] for each in app.screen.query(HolderLines)]


def batch(app: CeremonyApp) -> str:
    """What is told of the batch, and what is wrong with it."""
    problem = app.screen.query_one("ClaimsLines").query_one(".problem")
    return f"{app.screen.query_one('#batch').render()} {problem.render()}"


PATHS = st.lists(
    st.from_regex(r"[A-Za-z0-9*._,-]{1,8}(/[A-Za-z0-9*._-]{1,8}){0,2}", fullmatch=True).filter(is_pattern),
    unique=True,
    max_size=4,
)
NAMES = st.lists(st.from_regex(r"x[a-z0-9]{0,9}", fullmatch=True), unique=True, max_size=6)
SHA256 = st.just("") | st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
LEAVING = st.sets(st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True), max_size=5).map(lambda each: tuple(sorted(each)))
LEFT_OUT = st.lists(st.from_regex(r"[a-z][a-z ,]{0,9}[a-z]", fullmatch=True), max_size=3).map(tuple)


@given(NAMES, st.data())
def test_the_form_loses_nothing_of_delegations_and_claims(found: list[str], data: st.DataObject) -> None:
    """Whatever a plan says of them, and of a repository by others, comes back as it went in."""
    delegations = tuple(
        Delegation(name, tuple(data.draw(PATHS)), data.draw(st.booleans()), data.draw(st.booleans())) for name in found
    )
    offline = [each.name for each in delegations if not each.is_online]
    claims = Claims(data.draw(st.sampled_from(offline or ["nobody"])), data.draw(SHA256), data.draw(LEAVING))
    others = {"leaving": (Leaving("day", "a" * 64), Leaving("eon", "b" * 64, "77")), "leaves_out": data.draw(LEFT_OUT)}
    plan = stage.following(
        delegations=delegations,
        thresholds={**stage.plan().thresholds, **dict.fromkeys(offline, 2)},
        expires={role: stage.plan().expires["root"] for role in ("root", *offline[:1])},
        claims=claims if offline and (claims.sha256 or claims.leaving) else None,
        **(others if data.draw(st.booleans()) else {}),
    )
    problems: list[Problem] = []
    assert read_plan(fields_of_form(form_of(plan)), problems) == plan
    assert problems == []


async def test_a_loaded_plan_comes_back_from_the_page_as_it_was(tmp_path: Path) -> None:
    """Delegations, their ends and thresholds, a batch, and a thousand names that leave."""
    leaving = tuple(f"project-number-{place:04}" for place in range(1000))
    plan = with_reach(claiming(DEMO, leaving=leaving), "claimed", ("files/*/*", "more/*"), is_terminating=True)
    plan = replace(plan, thresholds={**plan.thresholds, "claimed": 3})
    app = opened(tmp_path, plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await load(pilot)
        page = app.screen
        assert isinstance(page, PlanPage)
        assert page._form() == form_of(plan)  # noqa: SLF001  # what the page would save
        assert "which was not read here" in batch(app)
        assert f"the file of the batch {claims_digest((DEMO,))[:16]}" in batch(app)


async def test_a_delegation_is_added_and_those_who_sign_bins_sign_it(tmp_path: Path) -> None:
    """What cannot be a name is told; the new one ends with bins, and a keyholder who comes signs it too."""
    app = opened(tmp_path, stage.plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await load(pilot)
        for wrong in ("bins", "Claimed", "project-demo", "bin-1"):
            await submit(pilot, "#add-delegation", wrong)
            assert "a name of its own" in str(app.screen.query_one("#delegations-problem").render())
        await submit(pilot, "#add-delegation", "claimed")
        await submit(pilot, "#add-delegation", "claimed")
        assert "there already" in str(app.screen.query_one("#delegations-problem").render())
        await submit(pilot, "#add-delegation", "recently-claimed")
        assert names(app) == ["claimed", "recently-claimed"]
        assert roles(app) == ["root, targets, claimed, bins"] * 4
        assert line(app, "expires.claimed").text == line(app, "expires.bins").text
        assert not line(app, "expires.recently-claimed").display
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await choose(pilot, "save")
    assert parse_plan((tmp_path / "plan.toml").read_bytes(), "") == delegating()


async def test_every_choice_of_a_delegation_can_be_taken_back(tmp_path: Path) -> None:
    """Signed online, ending the search, in another place, asked no longer: then everything is as it was."""
    plan = delegating("claimed", "docs")
    app = opened(tmp_path, plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await load(pilot)
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await turn(pilot, "claimed", "online")
        assert roles(app)[0] == "root, targets, docs, bins"
        assert "signed online" in str(block(app, "claimed").query_one(".label").render())
        await turn(pilot, "claimed", "online")
        await turn(pilot, "claimed", "down")
        await turn(pilot, "claimed", "down")
        assert names(app) == ["docs", "claimed"]
        assert str(block(app, "claimed").query_one(".label").render()).startswith("2. claimed")
        await turn(pilot, "claimed", "up")
        await turn(pilot, "docs", "remove")
        assert roles(app)[0] == "root, targets, claimed, bins"
        assert "asked no longer" in str(block(app, "docs").query_one(".label").render())
        assert block(app, "docs").query_one("#paths", LineInput).disabled
        await turn(pilot, "docs", "remove")
        await turn(pilot, "claimed", "terminating")
        problem = block(app, "claimed").query_one(".problem")
        await stage.until(pilot, lambda: "every path, terminating" in str(problem.render()))
        await turn(pilot, "claimed", "terminating")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        page = app.screen
        assert isinstance(page, PlanPage)
        found = judge(page._form(), Policy()).plan  # noqa: SLF001  # what the page would save
    assert found == plan


async def test_each_problem_stands_with_its_delegation(tmp_path: Path) -> None:
    """A path that means nothing, a threshold nobody reaches, an end that is none."""
    app = opened(tmp_path, delegating("claimed", "docs"))
    async with app.run_test(size=(120, 40)) as pilot:
        await load(pilot)
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        docs = block(app, "docs")
        docs.query_one("#paths", LineInput).value = "files/demo/* /etc"
        await stage.until(pilot, lambda: "paths: '/etc'" in str(docs.query_one(".problem").render()))
        docs.query_one("#paths", LineInput).value = "files/demo/*"
        for path, text, told in (
            ("thresholds.docs", "9", "at least as many"),
            ("thresholds.docs", "many", "a whole number"),
            ("expires.docs", "some day", "a UTC time"),
        ):
            good = line(app, path).text
            line(app, path).write(text)
            await stage.until(pilot, lambda path=path, told=told: told in said(app, path))
            assert "docs" in verdict(app)
            line(app, path).write(good)
            await stage.until(pilot, lambda: "keeps every rule" in verdict(app))


async def test_what_has_to_be_signed_is_suggested_and_signed_by_one_choice(tmp_path: Path) -> None:
    """A delegation that comes is signed, and with it targets, which names it; what did not change is not."""
    app = following(tmp_path, expires={"bins": stage.plan().expires["root"]})
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert not app.screen.query_one("SigningLines").display
        await submit(pilot, "#add-delegation", "claimed")
        await stage.until(pilot, lambda: bool(app.screen.query_one("SigningLines").display))
        assert "targets, claimed." in str(app.screen.query_one("#to-sign").render())
        assert "wanted an end for targets" in said(app, "expires.targets")
        await choose(pilot, "sign")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert "stays as it is" in said(app, "expires.bins")
        line(app, "expires.root").write("2031-01-01")
        await stage.until(pilot, lambda: "for root, a rotation" in said(app, "expires.root"))
        await choose(pilot, "sign")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await choose(pilot, "save")
    plan = parse_plan((tmp_path / "packages-example-org-2030-03-delegation.toml").read_bytes(), "")
    assert [*plan.expires] == ["targets", "claimed"]


async def test_a_refresh_changes_no_delegation_but_its_end(tmp_path: Path) -> None:
    """Nothing can be added, removed or typed there besides, and no project enters."""
    there = delegating()
    plan = stage.following(
        "refresh",
        delegations=there.delegations,
        keyholders=there.keyholders,
        thresholds=there.thresholds,
        expires={"claimed": there.expires["claimed"]},
    )
    app = opened(tmp_path, plan)
    async with app.run_test(size=(80, 40)) as pilot:
        await load(pilot)
        claimed = block(app, "claimed")
        assert claimed.query_one("#paths", LineInput).disabled
        assert not claimed.query("Choice")
        assert line(app, "thresholds.claimed").query_one(LineInput).disabled
        assert not line(app, "expires.claimed").query_one(LineInput).disabled
        assert not app.screen.query_one("#add-delegation").display
        assert not app.screen.query_one("ClaimsLines").display


async def test_bins_that_lose_their_names_are_told_with_what_works_instead(tmp_path: Path) -> None:
    """Fewer bins are refused beside their number, and the sequence that works stands below."""
    app = following(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        count = int(line(app, "bins.count").text)
        line(app, "bins.count").write(str(count // 2))
        await stage.until(pilot, lambda: "bins whose names are gone" in said(app, "bins.count"))
        instead = app.screen.query_one("#instead")
        assert "rotate-key" in str(instead.render())
        assert instead.display
        line(app, "bins.count").write(str(count))
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert not instead.display


async def test_a_batch_is_read_counted_kept_beside_the_plan_and_brought_to_the_sitting(tmp_path: Path) -> None:
    """Its hash stands in the plan; what it lacks, whose it is, and what its projects share is told."""
    app = opened(tmp_path, delegating())
    shared = (project("one", "x"), project("two", "x"))
    (tmp_path / "batches").mkdir()
    keep(tmp_path, "batches/right.json", DEMO, OTHER)
    keep(tmp_path, "batches/foreign.json", DEMO, repository="other.example")
    keep(tmp_path, "batches/shared.json", *shared)
    async with app.run_test(size=(80, 40)) as pilot:
        await load(pilot)
        for name, told in (
            ("batches/nowhere.json", "nowhere.json"),
            ("next.toml", "next.toml"),
            ("batches/foreign.json", "projects of other.example; wanted those of packages.example.org"),
            ("batches/shared.json", "One key signs for one and two"),
            ("batches/right.json", "2 projects of packages.example.org, 2 keys"),
        ):
            await submit(pilot, "#claims-path", name)
            await stage.until(pilot, lambda told=told: told in " ".join(batch(app).split()))
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await choose(pilot, "save")
        await stage.until(pilot, lambda: "Saved" in verdict(app))
        await choose(pilot, "begin")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
        await stage.shown(pilot, "ConfirmPage")
    plan = parse_plan((tmp_path / "plan.toml").read_bytes(), "")
    assert plan.claims == Claims("claimed", claims_digest((DEMO, OTHER)))
    assert (tmp_path / "claims.json").read_bytes() == (tmp_path / "batches/right.json").read_bytes()


async def test_the_batch_beside_a_loaded_plan_is_taken_and_another_one_is_not(tmp_path: Path) -> None:
    """What people agreed on is the hash in the plan: a file of the right name is not enough."""
    app = opened(tmp_path, claiming(DEMO))
    keep(tmp_path, "claims.json", DEMO)
    async with app.run_test(size=(80, 40)) as pilot:
        await load(pilot)
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert "1 project of packages.example.org, 1 key" in batch(app)
        (tmp_path / "claims.json").unlink()
        keep(tmp_path, "claims.json", OTHER)
        await load(pilot)
        await stage.until(pilot, lambda: "is another batch" in batch(app))
        await choose(pilot, "begin")
        assert "put right what is marked" in verdict(app)
        app.screen.query_one("#no-batch").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert "no batch" in batch(app)


async def test_another_batch_beside_the_new_plan_is_not_overwritten(tmp_path: Path) -> None:
    """The plan is not saved either."""
    app = opened(tmp_path, delegating())
    (tmp_path / "other").mkdir()
    keep(tmp_path, "other/right.json", DEMO)
    keep(tmp_path, "claims.json", OTHER)
    async with app.run_test(size=(80, 40)) as pilot:
        await load(pilot)
        await submit(pilot, "#claims-path", "other/right.json")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await choose(pilot, "save")
        await stage.until(pilot, lambda: "claims.json" in verdict(app))
    assert not (tmp_path / "plan.toml").exists()


def test_a_batch_that_breaks_a_rule_is_told_where_it_is_named() -> None:
    """Two projects claim one path."""
    rival = project("rival", paths=DEMO.paths)
    found = judge(form_of(claiming(DEMO, rival)), Policy(), None, BatchAtHand(batch_of(REPOSITORY, (DEMO, rival))))
    assert "demo and rival share paths" in found.problems["claims"]


async def test_a_review_of_hundreds_of_projects_keeps_question_and_answer_in_sight(tmp_path: Path) -> None:
    """At 80 by 24 the names scroll between the question above and the line for the words below."""
    script = stage.Script((stage.review_page(reviewed=reviewed_with(300)),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#typed")
        for _ in range(3):
            await stage.until(pilot, lambda: "words 31 and 32" in stage.text_of(app))
            assert "ann: one thing to do" in stage.text_of(app)
            await pilot.press("pagedown")
        assert "300 projects" in stage.told_on(app)
        body = app.screen.query_one("#body")
        assert body.virtual_size.height > 4 * body.size.height
        await pilot.press(*["pagedown"] * 30)
        await stage.until(pilot, lambda: "31 " in stage.text_of(app))


def reviewed_with(count: int) -> Reviewed:
    """The review of a plan in which so many projects enter claimed."""
    entering = tuple(sorted((project(f"library-{place}", "everybody") for place in range(count)), key=_by_name))
    start = projects.trusted()
    plan = projects.claiming(*entering, start=start)
    return review(draft(plan, Roster(start.roster.enrolments, entering), start), Policy())


def _by_name(found: Project) -> str:
    return found.name


SIZES = pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@SIZES
async def test_how_delegations_and_projects_look(
    snapshot: SnapshotAssertion, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that keyholders sign, one online, one removed; a batch that is not here."""
    monkeypatch.chdir(tmp_path)
    plan = replace(delegating("claimed", "recently-claimed"), claims=Claims("claimed", "5" * 64, ("old",)))
    app = opened(Path(), plan)
    async with app.run_test(size=size) as pilot:
        await load(pilot)
        await submit(pilot, "#add-delegation", "docs")
        await turn(pilot, "docs", "remove")
        app.screen.query_one("DelegationsSection").scroll_visible(top=True, animate=False)
        app.screen.query_one("#add-delegation").focus(scroll_visible=False)
        await pilot.pause()
        assert stage.picture(app) == snapshot.use_extension(stage.SvgSnapshot)
