"""DELIVERY-QUORUM: no offline role is signed by one person alone."""

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed
from fakes.release import ONLINE, Wanted, altered, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import delivery_quorum
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_two_of_three_is_taken() -> None:
    """The threshold is the policy's floor."""
    delivery_quorum.check(delivery_case())


def test_one_of_three_is_refused() -> None:
    """The threshold is below the policy's floor."""
    case = delivery_case(release(online_key(ONLINE), Wanted(threshold=1)))

    with pytest.raises(RefusedError) as refusal:
        delivery_quorum.check(case)

    assert refusal.value.rule == "DELIVERY-QUORUM"


def test_one_of_three_before_bins_is_refused() -> None:
    """What the online key signs needs no second signature; what keyholders sign does."""
    second = changed(FIRST, Changing(delegations=(CLAIMED, RECENT)))
    delivery_quorum.check(delivery_case(second, trusted=FIRST))
    alone = altered(second, "targets", lambda targets: targets["delegations"]["roles"][0].update(threshold=1))

    with pytest.raises(RefusedError) as refusal:
        delivery_quorum.check(delivery_case(alone, trusted=FIRST))

    assert refusal.value.rule == "DELIVERY-QUORUM"
