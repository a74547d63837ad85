"""Advice on the number of bins."""

import pytest

from ceremony.core.bins_advice import best_bins, update_bytes


@pytest.mark.parametrize(("targets", "bins"), [(10_000, 256), (100_000, 1024), (1_000_000, 2048), (10_000_000, 8192)])
def test_the_best_number_grows_with_the_square_root_of_the_targets(targets: int, bins: int) -> None:
    """A hundred times the targets want about ten times the bins."""
    assert best_bins(targets) == bins


def test_one_update_costs_half_a_megabyte_at_most_bins() -> None:
    """Of which snapshot is nearly all."""
    assert update_bytes(1_000_000, 16_384) == pytest.approx(565_000, rel=0.05)
