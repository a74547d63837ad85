"""BINS-STEADY: the number of bins stays."""

import pytest
from fakes.release import ONLINE, Wanted, delivery_case, online_key, release, successor

from ceremony.core.delivery_rules import bins_steady
from ceremony.core.plan import Bins
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_the_same_number_is_taken() -> None:
    """Four bins stay four."""
    bins_steady.check(delivery_case(successor(FIRST, "bins"), trusted=FIRST))


def test_another_number_is_refused() -> None:
    """Four bins become eight."""
    case = delivery_case(release(online_key(ONLINE), Wanted(bins=Bins(8, "succinct"))), trusted=FIRST)

    with pytest.raises(RefusedError) as refusal:
        bins_steady.check(case)

    assert refusal.value.rule == "BINS-STEADY"
