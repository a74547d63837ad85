"""KEY-KEPT: a keyholder keeps a key that is theirs and is trusted, or none."""

from dataclasses import replace

from fakes import taken_over
from fakes.cases import refusal
from fakes.people import keyid
from fakes.succession import after, before, case, roster_after

from ceremony.core.draft import draft
from ceremony.core.plan import Plan
from ceremony.core.plan_after import with_new_device
from ceremony.core.roster import Roster
from ceremony.core.succession_rules import SuccessionCase, key_kept


def kept_by_ann(key: str) -> Plan:
    """A plan in which ann keeps the key with this keyid."""
    ann, *others = after().keyholders
    return after(keyholders=(replace(ann, keyid=key), *others))


def test_keys_that_everybody_had_before_pass() -> None:
    """Each their own."""
    key_kept.check(case(after()))


def test_whoever_keeps_none_passes() -> None:
    """Their key is enrolled anew."""
    key_kept.check(case(with_new_device(after(), "cyd")))


def test_a_key_that_is_not_trusted_is_refused() -> None:
    """Even if it is ann's, and is enrolled."""
    found = refusal(key_kept, case(kept_by_ann(keyid("ann again"))))
    assert found.found == f"key {keyid('ann again')[:16]} kept by ann"


def test_a_key_of_somebody_else_is_refused() -> None:
    """Bob's is trusted, and is not ann's."""
    refusal(key_kept, case(kept_by_ann(keyid("bob"))))


def test_another_key_than_the_one_kept_is_refused() -> None:
    """Ann enrolled anew, though the plan says that she keeps hers."""
    plan = after()
    again = roster_after(with_new_device(plan, "ann")).of("ann")
    assert again is not None
    roster = Roster((again, *roster_after(plan).enrolments[1:]))
    refusal(key_kept, SuccessionCase(draft(plan, roster, before()), before()))


def test_the_online_key_is_kept_by_nobody_and_is_refused() -> None:
    """Trusted, but for no offline role."""
    refusal(key_kept, case(kept_by_ann(keyid("online"))))


def test_another_scheme_than_that_of_the_key_is_refused() -> None:
    """The plan says what the key is."""
    ann, *others = after().keyholders
    found = refusal(key_kept, case(after(keyholders=(replace(ann, scheme="ed25519"), *others))))
    assert found.found == "ann: ed25519"


def test_a_key_that_others_made_trusted_passes() -> None:
    """Whose holder is on no record: the device proves it in the ceremony."""
    key_kept.check(taken_over.case())
