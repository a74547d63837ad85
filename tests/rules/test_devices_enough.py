"""DEVICES-ENOUGH: a rehearsal with YubiKeys finds one for each keyholder who is to have one."""

import pytest

from ceremony.core.rehearsal_rules import CountCase, devices_enough
from ceremony.errors import RefusedError


@pytest.mark.parametrize("found", [3, 4])
def test_as_many_as_are_needed_pass_and_more_too(found: int) -> None:
    """Nobody has to pull one out."""
    devices_enough.check(CountCase(found, 3))


@pytest.mark.parametrize("found", [0, 2])
def test_fewer_are_refused_with_both_numbers(found: int) -> None:
    """People learn how many to plug in."""
    with pytest.raises(RefusedError) as refused:
        devices_enough.check(CountCase(found, 3))

    assert (refused.value.rule, refused.value.found) == ("DEVICES-ENOUGH", f"YubiKeys plugged in: {found}")
    assert refused.value.wanted.startswith("3,")
