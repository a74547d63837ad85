"""KEY-UNIQUE: a key is one person's."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import enrolment, plan, roster

from ceremony.core.enrolment_rules import EnrolmentCase, key_unique

PLAN = plan()


def test_a_key_of_their_own_for_everybody_passes() -> None:
    """Three people, three keys."""
    key_unique.check(EnrolmentCase(PLAN, roster(PLAN)))


def test_one_key_for_two_people_is_refused() -> None:
    """A copied device would count twice."""
    bob = replace(PLAN.keyholders[1], scheme=PLAN.keyholders[0].scheme)
    copied = roster(PLAN).replace(enrolment(PLAN, bob, "ann"))
    assert refusal(key_unique, EnrolmentCase(PLAN, copied)).found == "one key held by ann and bob"


def test_one_key_under_two_keyids_is_refused() -> None:
    """What others wrote into it changes the keyid, and not who can sign."""
    bob = replace(PLAN.keyholders[1], scheme=PLAN.keyholders[0].scheme)
    copied = enrolment(PLAN, bob, "ann")
    named = replace(copied, key={**copied.key, "x-tuf-on-ci-keyowner": "@bob"})
    assert named.keyid != copied.keyid
    refusal(key_unique, EnrolmentCase(PLAN, roster(PLAN).replace(named)))
