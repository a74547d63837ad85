"""ONLINE-KEY-PROOF: the online signer holds its key, for this repository."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import ED25519, P256, P384, online_key, plan

from ceremony.core.plan import OnlineKey
from ceremony.core.plan_rules import PlanCase, online_key_proof
from ceremony.core.policy import Policy


@pytest.mark.parametrize("scheme", [ED25519, P256, P384])
def test_a_proof_for_this_repository_passes(scheme: str) -> None:
    """In every scheme."""
    online_key_proof.check(PlanCase(plan(online_key=online_key(scheme=scheme)), Policy()))


@pytest.mark.parametrize(
    "found",
    [
        online_key("other.example.org"),
        replace(online_key(), proof=online_key(name="other", scheme=ED25519).proof),
        replace(online_key(), proof="00"),
        replace(online_key(), public=online_key(name="other", scheme=ED25519).public),
        replace(online_key(), public="no key at all"),
    ],
    ids=["another repository", "another key's proof", "no proof", "another key", "no key"],
)
def test_a_proof_of_anything_else_is_refused(found: OnlineKey) -> None:
    """A key that somebody pasted proves nothing."""
    refusal(online_key_proof, PlanCase(plan(online_key=found), Policy()))
