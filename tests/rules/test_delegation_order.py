"""DELEGATION-ORDER: what keyholders sign is asked before what the online key signs."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.projects import CLAIMED, RECENT, first

from ceremony.core.plan import Delegation
from ceremony.core.plan_rules import PlanCase, delegation_order
from ceremony.core.policy import Policy

NIGHTLY = Delegation("nightly", ("files/*/*",), is_terminating=True, is_online=True)


def order(*delegations: Delegation) -> PlanCase:
    """A plan in which clients ask these before bins."""
    return PlanCase(first(*delegations), Policy())


@pytest.mark.parametrize(
    "delegations",
    [
        (),
        (RECENT,),
        (CLAIMED, RECENT),
        (CLAIMED, NIGHTLY, RECENT),
        (NIGHTLY, replace(CLAIMED, paths=("docs/*/*", "files/*"))),
        (replace(RECENT, paths=("files/a-*/x",)), replace(CLAIMED, paths=("files/b-*/*",))),
    ],
)
def test_keyholders_first_or_paths_apart_pass(delegations: tuple[Delegation, ...]) -> None:
    """Where no path can match both, the order says nothing."""
    delegation_order.check(order(*delegations))


@pytest.mark.parametrize(
    ("online", "offline"),
    [
        (RECENT, CLAIMED),
        (NIGHTLY, CLAIMED),
        (RECENT, replace(CLAIMED, paths=("docs/*",))),
        (NIGHTLY, replace(CLAIMED, paths=("docs/*", "files/demo/*"))),
    ],
)
def test_an_online_one_before_one_of_keyholders_is_refused(online: Delegation, offline: Delegation) -> None:
    """Also with another between them; both are named."""
    refused = refusal(delegation_order, order(online, Delegation("docs", ("man/*",), is_online=True), offline))
    assert refused.found == f"{online.name}, which the online key signs, before claimed"
    assert refused.wanted == f"claimed before {online.name}"
