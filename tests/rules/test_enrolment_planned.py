"""ENROLMENT-PLANNED: who is enrolled is who was planned."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.cases import reenrolled, refusal, usual_roster
from fakes.people import P384, attested, enrolment, keyholders, plan

from ceremony.core.roster import Enrolment
from ceremony.core.roster_rules import enrolment_planned

ANN, BOB, CYD = keyholders("ann", "bob", "cyd")
NAMED = (replace(ANN, device="123"), BOB, CYD)

CHANGES: dict[str, Callable[[Enrolment], Enrolment]] = {
    "somebody else": lambda ann: replace(ann, keyholder="stranger"),
    "less roles": lambda ann: replace(ann, roles=("root",)),
    "another scheme": lambda _ann: enrolment(plan(), replace(ANN, scheme=P384)),
}


def test_enrolments_as_planned_pass() -> None:
    """Whichever device it is, where the plan leaves it open."""
    enrolment_planned.check(usual_roster())


def test_the_device_that_the_plan_names_passes() -> None:
    """By its serial."""
    enrolment_planned.check(usual_roster(keyholders=NAMED))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_anybody_or_anything_else_is_refused(change: Callable[[Enrolment], Enrolment]) -> None:
    """Another person, other roles, another kind of key."""
    refusal(enrolment_planned, reenrolled(change))


def test_another_device_than_the_plan_names_is_refused() -> None:
    """The serial decides."""
    refusal(enrolment_planned, reenrolled(lambda ann: replace(ann, serial="124"), keyholders=NAMED))


@pytest.mark.parametrize("uri", ["pkcs11:token=device%20of%20ann;model=Model%205", "pkcs11:serial=serial-of-ann"])
def test_the_device_that_a_uri_names_passes_too(uri: str) -> None:
    """By whatever the URI says of it."""
    found = enrolment(plan(), ANN)
    holders = (replace(ANN, device=uri), BOB, CYD)
    enrolment_planned.check(reenrolled(lambda _ann: found, keyholders=holders))


def test_a_device_that_a_uri_does_not_name_is_refused() -> None:
    """Its label is another."""
    found = enrolment(plan(), ANN)
    holders = (replace(ANN, device="pkcs11:token=other"), BOB, CYD)
    refusal(enrolment_planned, reenrolled(lambda _ann: found, keyholders=holders))


def test_a_key_in_the_slot_of_the_plan_passes() -> None:
    """As its attestation says; without one nobody knows the slot."""
    holders = (replace(ANN, slot="9c"), BOB, CYD)
    enrolment_planned.check(reenrolled(attested, keyholders=holders))
    enrolment_planned.check(usual_roster(keyholders=holders))


def test_a_key_in_another_slot_is_refused() -> None:
    """The plan says where it is made."""
    holders = (replace(ANN, slot="82"), BOB, CYD)
    refusal(enrolment_planned, reenrolled(attested, keyholders=holders))
