"""DELIVERY-FRESH: nothing delivered has expired."""

from datetime import timedelta

import pytest
from fakes.release import NOW, delivery_case

from ceremony.core.delivery_rules import delivery_fresh
from ceremony.errors import RefusedError


def test_metadata_with_time_left_is_taken() -> None:
    """It ends in a year."""
    delivery_fresh.check(delivery_case())


def test_expired_metadata_is_refused() -> None:
    """It ended yesterday."""
    case = delivery_case(now=NOW + timedelta(days=366))

    with pytest.raises(RefusedError) as refusal:
        delivery_fresh.check(case)

    assert refusal.value.rule == "DELIVERY-FRESH"
