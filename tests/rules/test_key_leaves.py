"""KEY-LEAVES: whoever signs a last time has a key that root trusts today, and that nobody keeps."""

from fakes.cases import refusal
from fakes.people import keyid
from fakes.taken_over import before, case, plan

from ceremony.core.plan import Leaving
from ceremony.core.succession_rules import key_leaves


def test_a_key_of_root_that_nobody_keeps_passes() -> None:
    """It counts under the old root alone."""
    first, *others = plan(before()).keyholders
    key_leaves.check(case(keyholders=tuple(others), leaving=(Leaving("cyd", first.keyid),)))


def test_a_key_that_root_does_not_name_is_refused() -> None:
    """Bob's was one of the root before."""
    refused = refusal(key_leaves, case(leaving=(Leaving("bob", keyid("bob")),)))
    assert refused.found == f"key {keyid('bob')[:16]} of bob, who leaves"


def test_a_key_that_somebody_keeps_is_refused() -> None:
    """It does not leave."""
    refusal(key_leaves, case(leaving=(Leaving("cyd", keyid("cyd")),)))
