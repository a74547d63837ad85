"""ENROLMENT-PROOF: every key was there when it was enrolled."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.cases import reenrolled, refusal, usual_roster
from fakes.people import enrolment, plan
from fakes.succession import before

from ceremony.core.enrolment_rules import EnrolmentCase
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.roster_rules import enrolment_proof

BOB = enrolment(plan(), plan().keyholders[1])

CHANGES: dict[str, Callable[[Enrolment], Enrolment]] = {
    "another person": lambda ann: replace(ann, keyholder="bob"),
    "other roles": lambda ann: replace(ann, roles=("root",)),
    "another nonce": lambda ann: replace(ann, nonce="6" * 32),
    "another key": lambda ann: replace(ann, key=BOB.key),
    "another person's proof": lambda ann: replace(ann, proof=BOB.proof),
    "no proof": lambda ann: replace(ann, proof="00"),
    "another ceremony": lambda _ann: enrolment(plan(id="second-root"), plan().keyholders[0]),
}


def test_proofs_made_at_enrolment_pass() -> None:
    """For everybody, in every scheme."""
    enrolment_proof.check(usual_roster())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_proof_of_anything_else_is_refused(change: Callable[[Enrolment], Enrolment]) -> None:
    """It holds for one key, one person, these roles, this ceremony."""
    refusal(enrolment_proof, reenrolled(change))


def test_what_the_device_is_called_is_not_proved_and_passes() -> None:
    """The proof is the key's word, not the device's."""
    enrolment_proof.check(reenrolled(lambda ann: replace(ann, model="Model 6", label="renamed")))


def unproved(found: EnrolmentCase) -> EnrolmentCase:
    """The same, ann's enrolment without its proof, and her key kept by the plan."""
    ann, *others = found.roster.enrolments
    first, *rest = found.plan.keyholders
    kept = replace(found.plan, keyholders=(replace(first, keyid=ann.keyid), *rest))
    return replace(found, plan=kept, roster=Roster((replace(ann, proof="00"), *others)))


def test_a_key_that_a_ceremony_before_has_proved_passes() -> None:
    """Its holder is on record there."""
    enrolment_proof.check(replace(unproved(usual_roster()), before=before()))


def test_a_key_that_others_made_trusted_is_refused_without_a_proof() -> None:
    """Nobody has proved it to us: to be trusted is not to be there."""
    nobody = replace(before(), roster=Roster())
    refusal(enrolment_proof, replace(unproved(usual_roster()), before=nobody))
    refusal(enrolment_proof, unproved(usual_roster()))
