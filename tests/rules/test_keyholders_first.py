"""KEYHOLDERS-FIRST: whoever has the online key alone comes before no keyholder."""

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed
from fakes.release import ONLINE, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import keyholders_first
from ceremony.core.plan import Delegation
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
NIGHTLY = Delegation("nightly", ("nightly/*",), is_terminating=True, is_online=True)
VENDORS = Delegation("vendors", ("files/*/*", "vendors/*"))


@pytest.mark.parametrize(
    "delegations",
    [(), (RECENT,), (CLAIMED, RECENT), (NIGHTLY, RECENT), (VENDORS, NIGHTLY, RECENT), (NIGHTLY, VENDORS, RECENT)],
    ids=["none", "one online", "claimed first", "two online", "keyholders first", "no path in common"],
)
def test_keyholders_before_the_online_key_are_taken(delegations: tuple[Delegation, ...]) -> None:
    """Or beside it, where no path can be of both; bins, which keyholders sign too, are always last."""
    second = changed(FIRST, Changing(roles=("targets", *_offline(delegations)), delegations=delegations))

    keyholders_first.check(delivery_case(second, trusted=FIRST))


@pytest.mark.parametrize(
    "delegations",
    [
        (RECENT, CLAIMED),
        (NIGHTLY, CLAIMED),
        (RECENT, VENDORS),
        (Delegation("vendors", ("other/*",)), RECENT, CLAIMED),
        (Delegation("nightly", ("files/*/*",), is_online=True), Delegation("vendors", ("files/demo/*",))),
        (Delegation("nightly", ("a/*", "vendors/x*"), is_online=True), VENDORS),
    ],
    ids=["every path", "some of every path", "every path of some", "between", "a wider pattern", "the second pattern"],
)
def test_the_online_key_before_keyholders_is_refused(delegations: tuple[Delegation, ...]) -> None:
    """Whoever steals it would speak for what they sign."""
    second = changed(FIRST, Changing(roles=("targets", *_offline(delegations)), delegations=delegations))

    with pytest.raises(RefusedError) as refusal:
        keyholders_first.check(delivery_case(second, trusted=FIRST))

    assert (refusal.value.rule, "which the online key signs" in refusal.value.found) == ("KEYHOLDERS-FIRST", True)


def _offline(delegations: tuple[Delegation, ...]) -> list[str]:
    return [each.name for each in delegations if not each.is_online]
