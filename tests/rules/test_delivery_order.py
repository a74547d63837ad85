"""DELIVERY-ORDER: the first release comes first, and later ones show what they follow."""

from dataclasses import replace

import pytest
from fakes.delivered_after_others import taken_over
from fakes.release import ONLINE, Then, delivery_case, following, online_key, release

from ceremony.core.delivery_rules import delivery_order
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
SECOND = following(FIRST, Then(roles=("bins",)))


def test_the_release_after_the_trusted_one_is_taken() -> None:
    """It shows root 1, which it follows."""
    delivery_order.check(delivery_case(SECOND, trusted=FIRST))


def test_a_later_release_first_of_all_is_refused() -> None:
    """Nothing is trusted yet, and a bundle never vouches for what it follows."""
    with pytest.raises(RefusedError) as refusal:
        delivery_order.check(delivery_case(SECOND))

    assert refusal.value.rule == "DELIVERY-ORDER"


def test_a_release_that_shows_no_root_is_refused() -> None:
    """Nobody could tell which repository it is about."""
    with pytest.raises(RefusedError) as refusal:
        delivery_order.check(delivery_case(SECOND, trusted=FIRST, followed=()))

    assert refusal.value.rule == "DELIVERY-ORDER"


def test_a_first_release_that_follows_others_is_taken() -> None:
    """No ceremony of ours came before it: their roots name no repository."""
    delivery_order.check(taken_over())


def test_a_later_release_after_others_first_of_all_is_refused() -> None:
    """The first of ours has to come before it."""
    case = taken_over()
    with pytest.raises(RefusedError) as refusal:
        delivery_order.check(replace(case, files=(), followed=(*case.followed, *case.files)))

    assert refusal.value.rule == "DELIVERY-ORDER"
