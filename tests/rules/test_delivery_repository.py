"""DELIVERY-REPOSITORY: one signer serves one repository."""

import pytest
from fakes.delivered_after_others import taken_over
from fakes.release import ONLINE, Wanted, delivery_case, online_key, release

from ceremony.core.delivery_rules import delivery_repository
from ceremony.errors import RefusedError


def test_the_own_repository_is_taken() -> None:
    """Root names the signer's repository."""
    delivery_repository.check(delivery_case())


def test_another_repository_is_refused() -> None:
    """Root names another repository."""
    case = delivery_case(release(online_key(ONLINE), Wanted(repository="other.example.org")))

    with pytest.raises(RefusedError) as refusal:
        delivery_repository.check(case)

    assert refusal.value.rule == "DELIVERY-REPOSITORY"


def test_a_first_release_that_follows_others_is_taken() -> None:
    """Their roots name none, and ours names the signer's."""
    delivery_repository.check(taken_over())
