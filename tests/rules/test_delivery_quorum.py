"""DELIVERY-QUORUM: no offline role is signed by one person alone."""

import pytest
from fakes.release import ONLINE, Wanted, delivery_case, online_key, release

from ceremony.core.delivery_rules import delivery_quorum
from ceremony.errors import RefusedError


def test_two_of_three_is_taken() -> None:
    """The threshold is the policy's floor."""
    delivery_quorum.check(delivery_case())


def test_one_of_three_is_refused() -> None:
    """The threshold is below the policy's floor."""
    case = delivery_case(release(online_key(ONLINE), Wanted(threshold=1)))

    with pytest.raises(RefusedError) as refusal:
        delivery_quorum.check(case)

    assert refusal.value.rule == "DELIVERY-QUORUM"
