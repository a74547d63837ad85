"""DELIVERY-RELEASE: only a release is delivered."""

import pytest
from fakes.release import delivery_case

from ceremony.core.delivery_rules import delivery_release
from ceremony.errors import RefusedError


def test_a_release_is_taken() -> None:
    """A sealed bundle is a release."""
    delivery_release.check(delivery_case())


def test_a_request_is_refused() -> None:
    """A bundle that still gathers signatures is not delivered."""
    case = delivery_case(purpose="request")

    with pytest.raises(RefusedError) as refusal:
        delivery_release.check(case)

    assert refusal.value.rule == "DELIVERY-RELEASE"
