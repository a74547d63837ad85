"""REHEARSAL-APART: a rehearsal and the real thing never share a signer."""

import pytest
from fakes.delivered_after_others import taken_over
from fakes.release import ONLINE, Wanted, delivery_case, online_key, release

from ceremony.core.delivery_rules import rehearsal_apart
from ceremony.errors import RefusedError


def test_a_rehearsal_is_taken_by_a_signer_that_rehearses() -> None:
    """Root is marked as a rehearsal, and so is the signer."""
    rehearsal_apart.check(delivery_case())


def test_real_metadata_is_refused_by_a_signer_that_rehearses() -> None:
    """Root is not marked as a rehearsal, but the signer is."""
    case = delivery_case(release(online_key(ONLINE), Wanted(is_rehearsal=False)))

    with pytest.raises(RefusedError) as refusal:
        rehearsal_apart.check(case)

    assert refusal.value.rule == "REHEARSAL-APART"


def test_a_first_release_that_follows_others_is_taken() -> None:
    """Their roots bear no mark, and ours does."""
    rehearsal_apart.check(taken_over())
