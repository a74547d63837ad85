"""DELEGATION-SHADOW: bins are asked at last."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.projects import CLAIMED, RECENT, first

from ceremony.core.plan_rules import PlanCase, delegation_shadow
from ceremony.core.policy import Policy


def test_a_delegation_that_leaves_the_rest_to_bins_passes() -> None:
    """For every path and not terminating, or terminating for paths of its own."""
    limited = replace(CLAIMED, name="docs", paths=("docs/*",), is_terminating=True)
    delegation_shadow.check(PlanCase(first(CLAIMED, RECENT, limited), Policy()))


def test_one_that_takes_every_path_and_ends_the_search_is_refused() -> None:
    """Whether keyholders sign it or the online signer."""
    for each in (CLAIMED, RECENT):
        found = PlanCase(first(replace(each, is_terminating=True)), Policy())
        assert refusal(delegation_shadow, found).found == f"{each.name}: every path, terminating"
