"""DELEGATION-HAND: what keyholders sign never becomes the online key's under its name, nor the other way."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.projects import RECENT, delegating, first, following, trusted, with_claimed_again, without_claimed
from fakes.succession import WINDOW, after, ends

from ceremony.core.before import Before
from ceremony.core.plan import Plan
from ceremony.core.plan_after import foreseen, plan_after
from ceremony.core.plan_before_bins import signed_online, with_names, with_signers
from ceremony.core.succession_rules import SuccessionCase, delegation_hand

END = ends("bins")["bins"]


def case(found: Plan, start: Before) -> SuccessionCase:
    """The draft of this plan, in which all that changes is signed."""
    signed = replace(found, expires={role: END for role in found.offline_roles if role != "root"})
    return SuccessionCase(foreseen(signed, start), start)


def without_any() -> tuple[Before, Plan]:
    """What is trusted once clients ask bins alone, and a plan that keeps that."""
    start = without_claimed()
    last = plan_after(start, first(RECENT), "delegation", name="the-third", window=WINDOW, expires={})
    gone = following(start, replace(with_names(last, ()), expires={"targets": END}))
    return gone, plan_after(gone, first(), "delegation", name="the-fourth", window=WINDOW, expires={})


def test_whoever_signed_it_goes_on_and_passes() -> None:
    """In any order, also when it comes back or is new."""
    start = trusted()
    delegation_hand.check(case(delegating(start), start))
    delegation_hand.check(case(with_names(delegating(start), ("docs", "claimed")), start))
    gone = without_claimed()
    delegation_hand.check(case(with_claimed_again(gone), gone))
    none, plan = without_any()
    delegation_hand.check(case(with_names(plan, ("claimed", "recently-claimed")), none))


@pytest.mark.parametrize("name", ["claimed", "recently-claimed"])
def test_a_change_of_hands_is_refused(name: str) -> None:
    """Of what stands there today."""
    start = trusted()
    people = ["ann", "bob", "cyd"]
    found = delegating(start)
    found = signed_online(found, name) if name == "claimed" else with_signers(found, name, people)
    refused = refusal(delegation_hand, case(found, start))
    words = ["keyholders", "the online key"]
    one, other = words if name == "claimed" else words[::-1]
    assert refused.found == f"{name}, which {one} signed, for {other}"
    assert refused.wanted == f"another name for what {other} will sign"


@pytest.mark.parametrize("name", ["claimed", "recently-claimed"])
def test_it_is_refused_later_too(name: str) -> None:
    """A name that left is remembered with whoever signed it."""
    start, plan = without_any()
    found = with_names(plan, (name,))
    found = signed_online(found, name) if name == "claimed" else with_signers(found, name, ["ann", "bob", "cyd"])
    refusal(delegation_hand, case(found, start))


def test_a_repository_without_any_delegation_passes() -> None:
    """There is nothing that could change hands."""
    start = trusted(delegations=(RECENT,))
    delegation_hand.check(SuccessionCase(foreseen(after(), start), start))
