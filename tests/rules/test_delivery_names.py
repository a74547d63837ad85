"""DELIVERY-NAMES: a role before bins has a name of its own, and paths that clients read alike."""

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed
from fakes.release import ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import delivery_names
from ceremony.core.plan import Delegation
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
NIGHTLY = Delegation("nightly", ("nightly/*",), is_online=True)
SECOND = changed(FIRST, Changing(delegations=(CLAIMED, NIGHTLY, RECENT)))


def test_names_and_paths_as_plans_have_them_are_taken() -> None:
    """Every path, or patterns."""
    delivery_names.check(delivery_case(SECOND, trusted=FIRST))


@pytest.mark.parametrize(
    "name", ["bin-0", "bin-ff", "project-demo", "mirrors", "roster", "../x", "Claimed", "a/b", "a.b", "x" * 60]
)
def test_a_name_that_another_role_could_have_is_refused(name: str) -> None:
    """An online role under that name, whose file would be another's."""
    case = delivery_case(
        altered(SECOND, "targets", lambda targets: targets["delegations"]["roles"][2].update(name=name)), trusted=FIRST
    )

    with pytest.raises(RefusedError) as refusal:
        delivery_names.check(case)

    assert refusal.value.rule == "DELIVERY-NAMES"


@pytest.mark.parametrize("paths", [["nightly/**"], ["night[ly]/*"], ["/nightly"], ["../*"], []])
def test_a_pattern_that_clients_could_read_in_two_ways_is_refused(paths: list[str]) -> None:
    """In the second of three delegations."""
    case = delivery_case(
        altered(SECOND, "targets", lambda targets: targets["delegations"]["roles"][1].update(paths=paths)),
        trusted=FIRST,
    )

    with pytest.raises(RefusedError) as refusal:
        delivery_names.check(case)

    assert refusal.value.rule == "DELIVERY-NAMES"
