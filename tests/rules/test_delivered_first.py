"""DELIVERED-FIRST: targets come after the first delivery."""

import pytest

from ceremony.core.request_rules import RequestCase, delivered_first
from ceremony.errors import RefusedError


def test_a_target_after_the_delivery_is_taken() -> None:
    """There are bins to put it in."""
    delivered_first.check(RequestCase("demo", b"new", None, (), has_delivery=True))


def test_a_target_before_the_delivery_is_refused() -> None:
    """There are no bins yet."""
    case = RequestCase("demo", b"new", None, (), has_delivery=False)

    with pytest.raises(RefusedError) as refusal:
        delivered_first.check(case)

    assert refusal.value.rule == "DELIVERED-FIRST"
