"""The plans of rehearsals that follow a rehearsal."""

from dataclasses import replace

import pytest
from fakes.rooms import Desk

from ceremony.core.before import Before
from ceremony.core.plan import Plan, parse_plan, write_plan
from ceremony.core.plan_after import ends_of, refusals_after
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after
from ceremony.engine.practice import practice_refresh, practice_rotation


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
