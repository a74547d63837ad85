"""ONLINE-LIFETIME: online signatures last from an hour to as long as the policy allows."""

from datetime import timedelta

import pytest
from fakes.cases import refusal
from fakes.people import plan

from ceremony.core.plan_rules import PlanCase, online_lifetime
from ceremony.core.policy import ONLINE_ROLES, Policy

CEILINGS = Policy().online_lifetime_ceiling
HOUR = timedelta(hours=1)


def case(role: str, lifetime: timedelta) -> PlanCase:
    """The usual plan, in which the signatures of one role last so long."""
    return PlanCase(plan(lifetimes={**plan().lifetimes, role: lifetime}), Policy())


@pytest.mark.parametrize("role", ONLINE_ROLES)
def test_an_hour_and_the_ceiling_pass(role: str) -> None:
    """Both ends belong to it."""
    online_lifetime.check(case(role, HOUR))
    online_lifetime.check(case(role, CEILINGS[role]))


@pytest.mark.parametrize("role", ONLINE_ROLES)
def test_less_than_an_hour_or_more_than_the_ceiling_is_refused(role: str) -> None:
    """No signer could keep up, or no client would notice a freeze."""
    refusal(online_lifetime, case(role, HOUR - timedelta(seconds=1)))
    refusal(online_lifetime, case(role, CEILINGS[role] + HOUR))
