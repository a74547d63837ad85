"""LIFETIMES-STATED: the keyholders say how long online signatures last."""

import pytest
from fakes.release import ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_rules import lifetimes_stated
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_lifetimes_within_the_policy_are_taken() -> None:
    """Seven days, one day, one day."""
    lifetimes_stated.check(delivery_case())


def test_a_year_for_the_timestamp_is_refused() -> None:
    """It is longer than the policy allows."""
    case = delivery_case(altered(FIRST, "bins", lambda bins: bins["x-ceremony-lifetimes"].update(timestamp=31_536_000)))

    with pytest.raises(RefusedError) as refusal:
        lifetimes_stated.check(case)

    assert refusal.value.rule == "LIFETIMES-STATED"
