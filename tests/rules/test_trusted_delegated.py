"""TRUSTED-DELEGATED: targets says who signs bins and whatever else it delegates to."""

import pytest
from fakes.cases import refusal
from fakes.history import TARGETS, bins, by, case

from ceremony.core.trusted_rules import trusted_delegated
from ceremony.errors import TamperedError


def test_bins_with_their_quorum_are_taken() -> None:
    """By ann and bob, whom targets names."""
    trusted_delegated.check(case())


def test_bins_short_of_their_quorum_are_refused() -> None:
    """Those who sign targets do not sign bins."""
    found = refusal(trusted_delegated, case(files={"targets": TARGETS, "bins": by(bins(), "ann", "cyd")}))
    assert found.found == "1.bins.json with too few signatures: 1 of 2 under targets 4"


def test_a_file_that_nobody_delegates_to_is_noticed() -> None:
    """No rule has to be asked about it: there is no quorum."""
    with pytest.raises(TamperedError) as tampered:
        trusted_delegated.check(case(files={"targets": TARGETS, "claimed": by(bins(1, "claimed"), "ann", "bob")}))
    assert (tampered.value.what, tampered.value.where) == ("no delegation to claimed", "4.targets.json")
