"""DEVICE-BLANK: a script practises on blank devices only."""

import pytest

from ceremony.core.rehearsal_rules import BlankCase, device_blank
from ceremony.errors import RefusedError


def test_a_device_as_its_maker_made_it_passes() -> None:
    """Nothing on it is anybody's own."""
    device_blank.check(BlankCase("30000001", ()))


def test_a_device_with_something_on_it_is_refused_with_all_of_it_named() -> None:
    """Whoever owns it sees what would have been used up."""
    with pytest.raises(RefusedError) as refused:
        device_blank.check(BlankCase("30000001", ("a PIN of its own", "something in slot 9c")))

    assert refused.value.rule == "DEVICE-BLANK"
    assert refused.value.found == "device 30000001 with a PIN of its own, something in slot 9c"
