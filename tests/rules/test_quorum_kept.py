"""QUORUM-KEPT: haste lowers no bar."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.emergencies import emergency
from fakes.succession import after, case, ends

from ceremony.core.incident_rules import quorum_kept


@pytest.mark.parametrize("more", [2, 3])
def test_as_many_signatures_or_more_pass(more: int) -> None:
    """Two of three signed before."""
    found = emergency(lost=["ann"])
    quorum_kept.check(case(replace(found, thresholds=dict.fromkeys(found.thresholds, more), expires=ends())))


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_fewer_signatures_are_refused(role: str) -> None:
    """Whatever role it is."""
    found = emergency(lost=["ann"])
    lowered = replace(found, thresholds={**found.thresholds, role: 1}, expires=ends())
    refused = refusal(quorum_kept, case(lowered))
    assert (refused.found, refused.wanted) == (f"{role}: 1", "2, as before, or more")


def test_a_rotation_may_ask_for_fewer() -> None:
    """The review tells it."""
    found = after("rotation")
    quorum_kept.check(case(replace(found, thresholds={**found.thresholds, "root": 1})))
