"""The plans of rehearsals that follow a rehearsal."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.projects import project
from fakes.rooms import Desk

from ceremony.core.before import Before
from ceremony.core.plan import Delegation, Plan, parse_plan, write_plan
from ceremony.core.plan_after import ends_of, refusals_after
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.project_rules import PROJECT_RULES, ProjectCase
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after
from ceremony.engine.practice import (
    REPOSITORY,
    practice_claims,
    practice_delegation,
    practice_refresh,
    practice_rotation,
)
from ceremony.engine.sitting import sit


@pytest.fixture(name="followed")
def _followed(finished: Desk) -> tuple[Before, Plan]:
    """What a rehearsal has left: what is trusted, and its plan."""
    bundle = open_bundle(finished.release)
    return after(bundle), bundle.plan


@pytest.mark.parametrize("kind", ["rotation", "refresh"])
def test_a_plan_that_follows_a_rehearsal_keeps_every_rule(followed: tuple[Before, Plan], kind: str) -> None:
    """Also beside what it follows; it is a rehearsal, and has a name of its own."""
    before, last = followed
    plan = practice_refresh(before, last) if kind == "refresh" else practice_rotation(before, last, "cyd", "practice-9")
    assert PLAN_RULES.refusals(PlanCase(plan, Policy())) == refusals_after(plan, before) == ()
    assert parse_plan(write_plan(plan).encode(), "plan.toml") == plan
    assert (plan.kind, plan.id, plan.is_rehearsal) == (kind, f"{last.id}-{kind}", True)


def test_a_rotation_gives_one_keyholder_another_device(followed: tuple[Before, Plan]) -> None:
    """Everybody else keeps the key; what that changes is signed anew."""
    plan = practice_rotation(*followed, "bob", "practice-9")
    assert [(each.name, each.device, bool(each.keyid)) for each in plan.keyholders] == [
        ("ann", "", True),
        ("bob", "practice-9", False),
        ("cyd", "", True),
    ]
    assert [*plan.expires] == ["root", "targets"]


def test_a_rotation_after_which_too_few_have_signed_the_bins_signs_them_anew(followed: tuple[Before, Plan]) -> None:
    """Where everybody has to sign, nobody can be spared."""
    before, last = followed
    everybody = replace(last, thresholds=dict.fromkeys(OFFLINE_ROLES, 3))
    assert [*practice_rotation(before, everybody, "cyd", "practice-9").expires] == [*OFFLINE_ROLES]


def test_a_refresh_moves_every_end_and_nothing_else(followed: tuple[Before, Plan]) -> None:
    """By a month."""
    before, last = followed
    plan = practice_refresh(before, last)
    assert [(plan.expires[role] - end).days for role, end in ends_of(before).items()] == [30, 30, 30]
    assert all(each.keyid for each in plan.keyholders)
    assert (plan.thresholds, plan.bins, plan.lifetimes) == (last.thresholds, last.bins, last.lifetimes)


def test_a_delegation_brings_what_pep_480_has_and_signs_no_root(followed: tuple[Before, Plan]) -> None:
    """Whoever signs bins signs claimed too, with the key of before; the online signer signs recently-claimed."""
    before, last = followed
    plan = practice_delegation(before, last)
    assert PLAN_RULES.refusals(PlanCase(plan, Policy())) == refusals_after(plan, before) == ()
    assert parse_plan(write_plan(plan).encode(), "plan.toml") == plan
    assert plan.delegations == (Delegation("claimed"), Delegation("recently-claimed", is_online=True))
    assert ([*plan.expires], plan.thresholds["claimed"]) == (["targets", "claimed"], last.thresholds["bins"])
    assert plan.holders_of("claimed") == plan.holders_of("bins") == plan.keyholders
    assert all(each.keyid for each in plan.keyholders)


def test_after_it_projects_enter_claimed_and_nothing_else_is_signed(finished: Desk, tmp_path: Path) -> None:
    """In a ceremony with a name of its own."""
    first = open_bundle(finished.release)
    folder = tmp_path / "second"
    plan = practice_delegation(after(first), first.plan)
    agenda = replace(finished.agenda(), plan_text=write_plan(plan).encode(), folder=folder, trusted=finished.release)
    done = sit(finished.room, replace(agenda, export=tmp_path / "release"))
    before, projects = after(done.bundle), (project("demo", repository=REPOSITORY),)
    found = practice_claims(before, plan, projects)
    assert PLAN_RULES.refusals(PlanCase(found, Policy())) == refusals_after(found, before, projects) == ()
    assert PROJECT_RULES.refusals(ProjectCase(found, projects, before)) == ()
    assert ([*found.expires], found.id) == (["claimed"], f"{plan.id}-claims")
