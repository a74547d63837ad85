"""What a ceremony follows: files by role, keys by role, and whose they are."""

from dataclasses import replace

from fakes.history import BINS, FIRST, SECOND, TARGETS, THIRD, files
from fakes.people import keyid, plan
from fakes.succession import before

from ceremony.core.before import Before
from ceremony.core.trusted import Trusted, trust

ROTATED = Before(trust(FIRST.encode(), files()))
"""A repository of others, or one whose roster is lost: three roots, and nobody knows whose keys they are."""


def test_the_last_root_is_the_one_that_holds() -> None:
    """Those before it are kept, and are no file that is followed."""
    assert dict(ROTATED.files) == {"root": THIRD, "targets": TARGETS, "bins": BINS}
    assert ROTATED.file("root") == THIRD
    assert SECOND in ROTATED.trusted.roots


def test_what_is_not_there_is_none() -> None:
    """Nothing stands in for it."""
    assert ROTATED.file("claimed") is None
    assert Before(trust(FIRST.encode(), {})).file("targets") is None


def test_the_keys_of_a_role_are_those_of_what_vouches_for_it() -> None:
    """Root vouches for root and targets, targets for bins; in the order of the metadata."""
    assert ROTATED.keyids("root") == ROTATED.keyids("targets") == (keyid("cyd"), keyid("ann again"))
    assert ROTATED.keyids("bins") == (keyid("ann"), keyid("bob"))
    assert ROTATED.keyids("timestamp") == (keyid("online"),)


def test_a_role_that_nobody_vouches_for_has_no_keys() -> None:
    """Neither unknown roles, nor bins where there is no targets, or one that delegates nothing."""
    assert ROTATED.keyids("claimed") == ()
    assert Before(Trusted((THIRD,), {})).keyids("bins") == ()
    bare = trust(FIRST.encode(), files())
    assert Before(Trusted(bare.roots, {"targets": BINS})).keyids("bins") == ()


def test_a_key_on_record_has_a_holder() -> None:
    """By keyid, whatever anybody is called."""
    found = before().holder_of(keyid("bob"))
    assert found is not None
    assert (found.keyholder, found.serial) == ("bob", "serial-of-bob")
    assert before().holder_of(keyid("bob again")) is None


def test_without_a_roster_nobody_is_on_record() -> None:
    """The keys count all the same."""
    assert ROTATED.holder_of(keyid("ann")) is None
    assert replace(before(), roster=ROTATED.roster).keyids("root") == tuple(
        keyid(each.name) for each in plan().keyholders
    )
