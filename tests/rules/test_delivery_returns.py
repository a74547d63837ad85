"""DELIVERY-RETURNS: a name that snapshots list goes on from its last version."""

import pytest
from fakes.claims import CLAIMED, Changing, changed
from fakes.release import ONLINE, delivery_case, online_key, release

from ceremony.core.delivery_rules import delivery_returns
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
SECOND = changed(FIRST, Changing(delegations=(CLAIMED,)))
LISTED = {"targets": 1, "bins": 1, "bin-0": 7}


def test_a_name_that_is_new_begins_at_one() -> None:
    """No snapshot has listed it."""
    delivery_returns.check(delivery_case(SECOND, trusted=FIRST, listed=LISTED))


def test_a_role_that_stands_is_none_that_returns() -> None:
    """Whether it comes again or not."""
    third = changed(SECOND, Changing(roles=("targets",)))

    delivery_returns.check(delivery_case(third, trusted=SECOND, listed={**LISTED, "claimed": 1}))


@pytest.mark.parametrize("last", [1, 5])
def test_a_version_that_was_listed_before_is_refused(last: int) -> None:
    """Keyholders signed it then, or the online key did."""
    with pytest.raises(RefusedError) as refusal:
        delivery_returns.check(delivery_case(SECOND, trusted=FIRST, listed={**LISTED, "claimed": last}))

    assert (refusal.value.rule, f"{last + 1}.claimed.json" in refusal.value.wanted) == ("DELIVERY-RETURNS", True)
