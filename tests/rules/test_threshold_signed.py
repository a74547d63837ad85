"""THRESHOLD-SIGNED: thresholds as metadata states them."""

from dataclasses import replace

import pytest
from fakes.cases import refusal, tampered, usual_case

from ceremony.core.draft_rules import threshold_signed
from ceremony.core.policy import OFFLINE_ROLES, Policy


def set_threshold(role: str, threshold: int):  # noqa: ANN201  # a function that edits signed metadata
    """A change that gives this role another threshold, wherever it stands."""

    def change(signed: dict) -> None:
        place = signed["delegations"]["roles"][0] if role == "bins" else signed["roles"][role]
        place["threshold"] = threshold

    return change


@pytest.mark.parametrize("threshold", [2, 3])
def test_two_or_three_of_three_passes(threshold: int) -> None:
    """At least the floor, at most everybody."""
    threshold_signed.check(usual_case(thresholds=dict.fromkeys(OFFLINE_ROLES, threshold)))


@pytest.mark.parametrize("role", OFFLINE_ROLES)
@pytest.mark.parametrize("threshold", [1, 4, 2**60])
def test_one_or_more_than_everybody_is_refused(role: str, threshold: int) -> None:
    """For each role that keyholders sign."""
    refusal(threshold_signed, tampered("targets" if role == "bins" else "root", set_threshold(role, threshold)))


@pytest.mark.parametrize("role", ["snapshot", "timestamp"])
def test_two_signatures_online_are_refused(role: str) -> None:
    """There is one online key."""
    refusal(threshold_signed, tampered("root", set_threshold(role, 2)))


@pytest.mark.parametrize("role", ["snapshot", "timestamp"])
def test_two_keys_online_are_refused(role: str) -> None:
    """Nobody else signs them."""
    refusal(threshold_signed, tampered("root", lambda signed: signed["roles"][role]["keyids"].append("0" * 64)))


def test_less_than_a_stricter_policy_asks_for_is_refused() -> None:
    """The policy of the place decides."""
    refusal(threshold_signed, replace(usual_case(), policy=Policy(threshold_floor=3)))


def test_no_delegation_to_bins_is_refused() -> None:
    """Nobody would sign them."""
    refusal(threshold_signed, tampered("targets", lambda signed: signed.pop("delegations")))
