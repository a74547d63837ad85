"""TARGET-PRESENT: only what is there can be removed."""

import pytest

from ceremony.core.request_rules import RequestCase, target_present
from ceremony.errors import RefusedError


def test_a_target_that_is_there_is_removed() -> None:
    """It is there."""
    target_present.check(RequestCase("demo", None, b"old", (), has_delivery=True))


def test_a_target_that_is_not_there_is_refused() -> None:
    """A mistyped path is no removal."""
    case = RequestCase("demo", None, None, (), has_delivery=True)

    with pytest.raises(RefusedError) as refusal:
        target_present.check(case)

    assert refusal.value.rule == "TARGET-PRESENT"
