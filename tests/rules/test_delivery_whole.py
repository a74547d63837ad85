"""DELIVERY-WHOLE: root, targets and bins come together."""

import pytest
from fakes.release import delivery_case

from ceremony.core.delivery_rules import delivery_whole
from ceremony.errors import RefusedError


def test_root_targets_and_bins_are_taken() -> None:
    """All three roles are there."""
    delivery_whole.check(delivery_case())


def test_a_release_without_bins_is_refused() -> None:
    """Bins is missing."""
    case = delivery_case(files=delivery_case().files[:2])

    with pytest.raises(RefusedError) as refusal:
        delivery_whole.check(case)

    assert refusal.value.rule == "DELIVERY-WHOLE"
