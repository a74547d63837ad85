"""BINS-KEPT: no name vanishes from snapshot while the online key stays."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import online_key
from fakes.succession import after, before, case, ends

from ceremony.core.plan import Bins
from ceremony.core.succession_rules import SuccessionCase, bins_kept
from ceremony.core.trusted import Trusted


def changed(bins: Bins, **changes: object) -> SuccessionCase:
    """The plan that follows sixteen bins with these."""
    return case(after("rotation", expires=ends("root", "bins"), bins=bins, **changes))


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_the_same_bins_pass_in_either_style(style: str) -> None:
    """Names are what counts."""
    bins_kept.check(changed(Bins(16, style)))


@pytest.mark.parametrize("count", [8, 32, 256, 16_384])
def test_with_another_online_key_any_number_passes(count: int) -> None:
    """Clients forget the snapshots before."""
    bins_kept.check(changed(Bins(count, "succinct"), online_key=online_key(name="online again")))


@pytest.mark.parametrize(("count", "gone"), [(8, 8), (32, 16), (16_384, 16)])
def test_bins_whose_names_go_are_refused(count: int, gone: int) -> None:
    """Fewer bins, or as many as need another digit."""
    refused = refusal(bins_kept, changed(Bins(count, "succinct")))
    assert refused.found.startswith(f"{gone} of 16 bins whose names are gone, such as bin-")
    assert "as with 16 bins" in refused.wanted
    assert "another online key" in refused.wanted


def test_more_bins_of_as_many_digits_pass() -> None:
    """Sixteen have one digit, and so have eight."""
    start = before()
    few = case(after("rotation", expires=ends("root", "bins"), bins=Bins(8, "succinct"))).draft.file("bins")
    trusted = Trusted(start.trusted.roots, {**start.trusted.targets, "bins": few})
    bins_kept.check(replace(changed(Bins(16, "succinct")), before=replace(start, trusted=trusted)))


def test_where_there_were_no_bins_any_number_passes() -> None:
    """Nothing can vanish."""
    start = before()
    trusted = Trusted(start.trusted.roots, {"targets": start.trusted.targets["targets"]})
    bins_kept.check(replace(changed(Bins(8, "succinct")), before=replace(start, trusted=trusted)))
