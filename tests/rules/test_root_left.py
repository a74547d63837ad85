"""ROOT-LEFT: nobody is called in for a root that cannot be signed."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.emergencies import emergency
from fakes.succession import after, case, ends

from ceremony.core.incident_rules import root_left


@pytest.mark.parametrize(
    "plan",
    [emergency(lost=["ann"]), emergency(stolen=["ann", "bob"], lost=["cyd"]), after("rotation")],
)
def test_enough_keys_pass(plan: object) -> None:
    """If need be the stolen ones: their owners have them too."""
    root_left.check(case(plan))  # type: ignore[arg-type]


def test_too_few_keys_are_refused() -> None:
    """Two of three are lost, and two have to sign."""
    found = refusal(root_left, case(emergency(lost=["ann", "cyd"])))
    assert (found.found, found.wanted) == ("1 of the keys of root 1 left", "2, or another first root")


def test_where_root_is_not_signed_nobody_misses_them() -> None:
    """Other rules tell whether the rest can do without."""
    root_left.check(case(replace(emergency(lost=["ann", "cyd"]), expires=ends("targets"))))
