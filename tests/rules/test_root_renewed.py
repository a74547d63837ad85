"""ROOT-RENEWED: where root can be forged, nothing of today is trusted afterwards."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.emergencies import emergency
from fakes.people import keyid, plan
from fakes.succession import after, before, case

from ceremony.core.incident_rules import root_renewed


@pytest.mark.parametrize(
    "found", [emergency(stolen=["ann", "bob"]), emergency(stolen=["ann"]), emergency(lost=["ann", "bob"]), after()]
)
def test_all_keys_anew_pass_and_so_does_whatever_no_thief_can_sign(found: object) -> None:
    """One stolen key makes no root, and lost ones make none either."""
    root_renewed.check(case(found))  # type: ignore[arg-type]


def test_a_keyholder_who_keeps_a_key_is_refused() -> None:
    """Even one whose key nobody stole."""
    found = emergency(stolen=["ann", "bob"])
    cyd = replace(found.keyholders[2], keyid=before().roster.enrolments[2].keyid)
    refused = refusal(root_renewed, case(replace(found, keyholders=(*found.keyholders[:2], cyd))))
    assert refused.found == f"key {keyid('cyd')[:16]}, which signs root as before"


def test_the_online_key_of_before_is_refused() -> None:
    """A thief who makes roots names the keys below them too."""
    refused = refusal(root_renewed, case(replace(emergency(stolen=["ann", "bob"]), online_key=plan().online_key)))
    assert refused.found == f"key {keyid('online')[:16]}, which signs snapshot as before"
