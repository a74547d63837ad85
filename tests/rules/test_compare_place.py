"""COMPARE-PLACE: a target is removed from the bin of its path, as change requests reach no other."""

import pytest

from ceremony.core.compare_rules import AddedCase, compare_place
from ceremony.errors import RefusedError


def test_targets_in_their_own_bins_can_be_removed() -> None:
    """None is astray."""
    compare_place.check(AddedCase(3, is_decided=True, astray=""))


def test_the_removal_of_a_target_in_another_bin_is_refused() -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        compare_place.check(AddedCase(3, is_decided=True, astray="a/demo"))

    assert (refusal.value.rule, "a/demo" in refusal.value.found) == ("COMPARE-PLACE", True)
