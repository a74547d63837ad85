"""Who signs, and with which device: the keyholders of the plan, and those whose keys count once more."""

import pytest
from fakes import taken_over
from fakes.people import P256, keyid, plan, roster
from fakes.succession import after, before, ends, roster_after

from ceremony.core.plan import Keyholder, Leaving, Plan
from ceremony.core.plan_after import with_keyholder, with_new_device, without_keyholder
from ceremony.core.roster import Roster
from ceremony.core.signers import Signer, signers_of


def ids(found: Plan) -> list[str]:
    """The signers of this plan, by what tells one from another."""
    return [each.id for each in signers_of(found, roster_after(found), before())]


def test_in_a_first_ceremony_everybody_signs_with_their_one_device() -> None:
    """In the order of the plan, by name."""
    found = signers_of(plan(), roster(plan()), None)
    assert [each.id for each in found] == ["ann", "bob", "cyd"]
    assert [each.enrolment for each in found] == [*roster(plan()).enrolments]
    assert not any(each.leaves for each in found)


def test_before_anybody_is_enrolled_everybody_is_named_all_the_same() -> None:
    """The script can be printed before the day."""
    assert signers_of(plan(), Roster(), None) == tuple(Signer(each, None) for each in plan().keyholders)


@pytest.mark.parametrize("kind", ["rotation", "refresh"])
def test_where_everybody_keeps_the_key_nobody_signs_a_last_time(kind: str) -> None:
    """One touch counts under both roots."""
    assert ids(after(kind)) == ["ann", "bob", "cyd"]


def test_a_device_that_is_replaced_signs_a_last_time() -> None:
    """Its holder signs with both, and they are told apart by serial."""
    found = with_new_device(after(), "cyd", "A9")
    *_, new, old = signers_of(found, roster_after(found), before())
    assert (new.id, old.id) == ("cyd", "cyd with serial-of-cyd")
    assert (new.leaves, old.leaves) == (False, True)
    assert new.enrolment is not None
    assert old.enrolment is not None
    assert (new.enrolment.keyid, old.enrolment.keyid) == (keyid("cyd again", found.keyholders[2].scheme), keyid("cyd"))


def test_whoever_leaves_signs_root_a_last_time_with_the_device_on_record() -> None:
    """And no other role."""
    found = without_keyholder(after(), "bob")
    *_, last = signers_of(found, roster_after(found), before())
    assert (last.id, last.leaves) == ("bob with serial-of-bob", True)
    assert last.holder == Keyholder("bob", ("root",), "ed25519", "serial-of-bob", keyid=keyid("bob"))


def test_where_root_is_not_signed_nobody_signs_a_last_time() -> None:
    """Old keys count for the next root alone."""
    found = with_new_device(after(expires=ends("targets", "bins")), "cyd")
    assert ids(found) == ["ann", "bob", "cyd"]


def test_a_key_whose_holder_is_not_on_record_cannot_be_asked_for() -> None:
    """It stays in the count of the old root, and nobody is called up."""
    found = with_new_device(after(), "cyd")
    start = before()
    without = Roster(tuple(each for each in start.roster.enrolments if each.keyholder != "cyd"))
    signers = signers_of(found, roster_after(found), type(start)(start.trusted, without))
    assert [each.id for each in signers] == ["ann", "bob", "cyd"]


def test_whoever_comes_signs_like_everybody() -> None:
    """Under the new root alone, which is the quorum's to say."""
    found = with_keyholder(after(), Keyholder("day", ("root",), P256))
    assert ids(found) == ["ann", "bob", "cyd", "day"]


def test_a_holder_whom_the_plan_names_signs_a_last_time() -> None:
    """By the key itself, as nobody has seen the device yet."""
    start = taken_over.before()
    first, *others = taken_over.plan(start).keyholders
    found = taken_over.plan(start, keyholders=tuple(others), leaving=(Leaving("ann", first.keyid),))
    *_, last = signers_of(found, Roster(), start)
    assert (last.id, last.leaves) == (f"ann with key {first.keyid[:8]}", True)
    assert last.enrolment is not None
    assert last.enrolment.keyid == first.keyid


def test_a_key_that_nobody_is_named_for_is_not_asked_for() -> None:
    """Others made it, and it just counts no more."""
    start = taken_over.before()
    found = taken_over.plan(start, keyholders=taken_over.plan(start).keyholders[1:])
    assert not any(each.leaves for each in signers_of(found, Roster(), start))
