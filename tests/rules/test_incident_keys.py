"""INCIDENT-KEYS: an emergency is about keys that are trusted."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.emergencies import REASON, emergency
from fakes.people import keyid
from fakes.succession import after, case

from ceremony.core.incident_rules import incident_keys
from ceremony.core.plan import Incident
from ceremony.core.plan_emergency import Fate


@pytest.mark.parametrize(
    "plan", [emergency(stolen=["ann"]), emergency(lost=["bob"]), emergency(online=Fate.LOST), after("rotation")]
)
def test_trusted_keys_pass(plan: object) -> None:
    """Those of keyholders, the online key; and where nothing has happened, nothing is asked."""
    incident_keys.check(case(plan))  # type: ignore[arg-type]


@pytest.mark.parametrize("lot", ["stolen", "lost"])
def test_a_key_that_nothing_trusts_is_refused(lot: str) -> None:
    """As where somebody copied a keyid from another repository."""
    strange = keyid("nobody")
    found = replace(emergency(stolen=["ann"]), incident=Incident(REASON, **{lot: (strange,)}))  # type: ignore[arg-type]

    assert refusal(incident_keys, case(found)).found == f"key {strange[:16]}, which nothing trusts today"
