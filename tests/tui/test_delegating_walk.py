"""Ceremonies about delegations, by keys alone: two roles before bins, and then projects that enter one of them."""

from pathlib import Path
from typing import Any

from fakes import rooms
from fakes.projects import project
from textual.pilot import Pilot
from tui import stage
from tui.test_following_walk import after_a_ceremony, begin, export, go_to, open_plan, unlock
from tui.test_plan import said, verdict
from tui.test_walk import page_of, type_words

from ceremony.core.policy import Policy
from ceremony.core.projects import encode_claims
from ceremony.core.signed import targets_of
from ceremony.engine.bundle import open_bundle
from ceremony.engine.practice import REPOSITORY
from ceremony.engine.verify import verify
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.follow import FollowPage
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.widgets.choice import Choice


async def fill_in(pilot: Pilot[Any], selector: str, text: str) -> None:
    """This was typed into the line, and Enter pressed."""
    await go_to(pilot, pilot.app.screen.query_one(selector))
    await stage.typed(pilot, text)
    await pilot.press("enter")


async def sign(pilot: Pilot[Any], bench: rooms.Desk, roles: str) -> None:
    """Everybody signs these roles with the device that they have."""
    for place, name in enumerate(rooms.NAMES, start=1):
        await type_words(pilot, f"{name} signs {roles}")
        await unlock(pilot, name, f"practice-{place}", bench.practice.pins[f"practice-{place}"])


async def follow_again(pilot: Pilot[Any], app: CeremonyApp, release: str) -> None:
    """From the last page to a plan about delegations that follows this release."""
    await go_to(pilot, next(each for each in app.screen.query(Choice) if "first page" in each.label))
    await pilot.press("enter")
    await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))
    await stage.until(pilot, lambda: isinstance(app.screen.focused, Choice))
    await go_to(pilot, app.screen.query_one("#begin"))
    await pilot.press("enter")
    await stage.shown(pilot, "#follow")
    await pilot.press("down", "enter")
    await stage.until(pilot, lambda: isinstance(app.screen, FollowPage))
    await stage.typed(pilot, release)
    await pilot.press("enter")
    await stage.shown(pilot, "#delegation")
    await go_to(pilot, app.screen.query_one("#delegation"))
    await pilot.press("enter")
    await stage.until(pilot, lambda: isinstance(app.screen, PlanPage))


async def test_delegations_and_then_projects_by_keys(tmp_path: Path) -> None:
    """Clients ask claimed and recently-claimed; in the next ceremony two projects enter, and nothing else is signed."""
    bench, app = after_a_ceremony(tmp_path)
    entering = tuple(project(name, repository=REPOSITORY) for name in ("demo", "other"))
    (tmp_path / "batch.json").write_bytes(encode_claims(REPOSITORY, entering))
    async with app.run_test(size=(80, 24)) as pilot:
        await open_plan(pilot, app, "delegation")
        for name in ("claimed", "recently-claimed"):
            await fill_in(pilot, "#add-delegation", name)
            await stage.until(pilot, lambda: app.screen.query_one("#add-delegation").value == "")  # type: ignore[attr-defined]  # a LineInput
        assert "✓" in said(app, "thresholds.claimed")
        await begin(pilot, app)
        await page_of(pilot, "Review")
        told = stage.told_on(app)
        assert "From now on clients ask claimed before recently-claimed, for every path, and others after it" in told
        assert "the online key signs it" in told
        await type_words(pilot, "Review")
        await sign(pilot, bench, "targets, claimed")
        await export(pilot, app, tmp_path / "delegated")

        await follow_again(pilot, app, "delegated")
        await fill_in(pilot, "#claims-path", "batch.json")
        await stage.until(pilot, lambda: bool(app.screen.query_one("#sign").region))
        assert "claimed as it stands, which the plan changes" in said(app, "expires.claimed")
        await go_to(pilot, app.screen.query_one("#sign"))
        await pilot.press("enter")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert "stays as it is" in said(app, "expires.targets")
        await begin(pilot, app)
        await page_of(pilot, "Review")
        assert "2 projects with 1 of 1" in stage.told_on(app)
        await type_words(pilot, "Review")
        await sign(pilot, bench, "claimed")
        await export(pilot, app, tmp_path / "entered")
    first, second = (open_bundle(tmp_path / name) for name in ("delegated", "entered"))
    assert [each.name for each in first.files] == ["2.targets.json", "1.claimed.json"]
    (claimed,) = second.files
    delegations = targets_of(claimed).delegations
    assert delegations is not None
    assert [*(delegations.roles or {})] == ["project-demo", "project-other"]
    assert all(verify(tmp_path / name, Policy()).is_good for name in ("delegated", "entered"))
    assert second.roster.projects == entering
