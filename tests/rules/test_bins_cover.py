"""BINS-COVER: every path falls into exactly one bin."""

import pytest
from fakes.release import ONLINE, Wanted, altered, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import bins_cover
from ceremony.core.plan import Bins
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError

EXPLICIT = release(online_key(ONLINE), Wanted(bins=Bins(4, "explicit")))
SUCCINCT = release(online_key(ONLINE))


def test_four_explicit_bins_are_taken() -> None:
    """Their prefixes share all paths out evenly."""
    bins_cover.check(delivery_case(release(online_key(ONLINE), Wanted(bins=Bins(4, "explicit")))))


def test_a_bin_that_is_missing_is_refused() -> None:
    """One of four explicit bins is gone."""
    case = delivery_case(altered(EXPLICIT, "bins", lambda bins: bins["delegations"]["roles"].pop()))

    with pytest.raises(RefusedError) as refusal:
        bins_cover.check(case)

    assert refusal.value.rule == "BINS-COVER"


@pytest.mark.parametrize(
    "case",
    [
        altered(EXPLICIT, "bins", lambda bins: bins["delegations"].update(roles=bins["delegations"]["roles"][:1])),
        altered(SUCCINCT, "bins", lambda bins: bins["delegations"]["succinct_roles"].update(bit_length=15)),
        altered(SUCCINCT, "bins", lambda bins: bins["targets"].update(demo={"length": 1, "hashes": {"sha256": "00"}})),
    ],
    ids=["one bin", "32768 bins", "a target of its own"],
)
def test_bins_that_no_plan_could_ask_for_are_refused(case: Bundle) -> None:
    """Whoever signed them."""
    with pytest.raises(RefusedError) as refusal:
        bins_cover.check(delivery_case(case))

    assert refusal.value.rule == "BINS-COVER"
