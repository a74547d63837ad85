"""What bins says of bin-n, where it says nothing."""

from datetime import UTC, datetime

from tuf.api.metadata import Targets

from ceremony.core.bin_delegation import bin_names, names_of_bins


def test_what_delegates_nothing_names_no_bins() -> None:
    """A snapshot of it lists none."""
    assert names_of_bins(Targets(expires=datetime(2030, 1, 1, tzinfo=UTC))) == frozenset()


def test_sixteen_bins_are_named_by_one_digit() -> None:
    """And the seventeenth would need two, for all of them."""
    assert bin_names(16)[-1] == "bin-f"
    assert bin_names(32)[0] == "bin-00"
