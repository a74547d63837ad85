"""DELIVERY-CONSISTENT: root asks for consistent snapshots."""

import pytest
from fakes.release import ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_rules import delivery_consistent
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_a_root_with_consistent_snapshots_is_taken() -> None:
    """Root says so."""
    delivery_consistent.check(delivery_case())


def test_a_root_without_consistent_snapshots_is_refused() -> None:
    """Root says no."""
    case = delivery_case(altered(FIRST, "root", lambda root: root.update(consistent_snapshot=False)))

    with pytest.raises(RefusedError) as refusal:
        delivery_consistent.check(case)

    assert refusal.value.rule == "DELIVERY-CONSISTENT"
