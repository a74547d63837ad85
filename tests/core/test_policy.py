"""The policy: floors and ceilings that may be tightened, never loosened."""

from datetime import timedelta

import pytest
from fakes.people import ED25519, P256, P384, P521, RSA, SCHEMES

from ceremony.core.policy import CLIENT_SIZE_LIMITS, OFFLINE_ROLES, ONLINE_ROLES, Policy, Tightening, tighten
from ceremony.errors import RefusedError


def test_nothing_asked_is_the_policy_itself() -> None:
    """Empty settings change nothing."""
    assert tighten(Tightening()) == Policy()


def test_a_higher_threshold_floor_holds() -> None:
    """A place may ask for more signatures than the program does."""
    assert tighten(Tightening(threshold_floor=3)).threshold_floor == 3


def test_a_shorter_offline_lifetime_holds() -> None:
    """A place may ask for shorter lifetimes than the program does."""
    assert tighten(Tightening(offline_lifetime_days=100)).offline_lifetime_ceiling == timedelta(days=100)


def test_what_was_not_tightened_stays_as_it_was() -> None:
    """One value is tightened at a time."""
    found = tighten(Tightening(threshold_floor=3, offline_lifetime_days=100))
    assert (found.schemes, found.bins_ceiling, found.offline_lifetime_floor) == (
        Policy().schemes,
        Policy().bins_ceiling,
        Policy().offline_lifetime_floor,
    )


@pytest.mark.parametrize(
    "asked",
    [
        Tightening(threshold_floor=1),
        Tightening(threshold_floor=0),
        Tightening(threshold_floor=-2),
        Tightening(offline_lifetime_days=731),
        Tightening(offline_lifetime_days=0),
        Tightening(offline_lifetime_days=-1),
        Tightening(threshold_floor=3, offline_lifetime_days=731),
    ],
)
def test_nothing_can_be_loosened(asked: Tightening) -> None:
    """Settings that ask for less are refused, whatever else they ask for."""
    with pytest.raises(RefusedError) as refused:
        tighten(asked)
    assert refused.value.rule == "POLICY-TIGHTENS"


def test_the_policy_speaks_of_every_role() -> None:
    """Each offline role has a size limit, each online role a lifetime, and no role is both."""
    assert {*OFFLINE_ROLES} <= {*CLIENT_SIZE_LIMITS}
    assert {*ONLINE_ROLES} == {*Policy().online_lifetime_ceiling}
    assert not {*OFFLINE_ROLES} & {*ONLINE_ROLES}


def test_the_policy_allows_the_schemes_of_the_specification_and_two_larger_curves() -> None:
    """The common ones first; nobody here has a scheme that is not allowed."""
    assert Policy().schemes == (P256, ED25519, RSA, P384, P521)
    assert {*SCHEMES.values()} <= {*Policy().schemes}
