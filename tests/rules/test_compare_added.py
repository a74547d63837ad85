"""COMPARE-ADDED: what came since a record goes, or stays, because somebody said so."""

import pytest

from ceremony.core.compare_rules import AddedCase, compare_added
from ceremony.errors import RefusedError


@pytest.mark.parametrize("case", [AddedCase(0, is_decided=False, astray=""), AddedCase(3, is_decided=True, astray="")])
def test_nothing_added_needs_no_word_and_anything_does_with_one(case: AddedCase) -> None:
    """Nothing stands against it."""
    compare_added.check(case)


def test_what_nobody_decided_on_is_refused() -> None:
    """It tells how many there are."""
    with pytest.raises(RefusedError) as refusal:
        compare_added.check(AddedCase(3, is_decided=False, astray=""))

    assert (refusal.value.rule, "3" in refusal.value.found) == ("COMPARE-ADDED", True)
