"""BINS-SIGNED: bins is last and takes every path, and each role that targets delegates to offline has its quorum."""

from collections.abc import Callable
from typing import Any

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed
from fakes.release import ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import bins_signed
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
SECOND = changed(FIRST, Changing(delegations=(CLAIMED, RECENT)))


def roles(targets: dict[str, Any]) -> list[dict[str, Any]]:
    """The delegations of this targets."""
    found: list[dict[str, Any]] = targets["delegations"]["roles"]
    return found


def test_bins_with_its_quorum_is_taken() -> None:
    """Ann and bob are two of three."""
    bins_signed.check(delivery_case())


def test_roles_before_bins_with_their_quorum_are_taken() -> None:
    """One is signed by keyholders, the other by nobody yet."""
    bins_signed.check(delivery_case(SECOND, trusted=FIRST))


@pytest.mark.parametrize("change", [{"terminating": False}, {"path_hash_prefixes": ["0", "1"]}])
def test_a_delegation_that_leaves_paths_out_is_refused(change: dict[str, object]) -> None:
    """Clients would look for some targets in vain."""
    case = delivery_case(altered(FIRST, "targets", lambda targets: roles(targets)[0].update(change)))

    with pytest.raises(RefusedError) as refusal:
        bins_signed.check(case)

    assert refusal.value.rule == "BINS-SIGNED"


@pytest.mark.parametrize(
    "change",
    [
        lambda targets: roles(targets)[0].update(terminating=True),
        lambda targets: roles(targets)[1].update(terminating=True),
        lambda targets: roles(targets).insert(0, roles(targets).pop()),
        lambda targets: targets["targets"].update({"demo": {"length": 1, "hashes": {"sha256": "00" * 32}}}),
    ],
    ids=["nothing after claimed", "nothing after recently-claimed", "bins first", "a target of its own"],
)
def test_targets_that_keep_clients_from_bins_are_refused(change: Callable[[dict[str, Any]], object]) -> None:
    """Whoever signed them."""
    case = delivery_case(altered(SECOND, "targets", change), trusted=FIRST)

    with pytest.raises(RefusedError) as refusal:
        bins_signed.check(case)

    assert refusal.value.rule == "BINS-SIGNED"


@pytest.mark.parametrize("role", ["bins", "claimed"])
def test_a_role_with_one_signature_is_refused(role: str) -> None:
    """Ann alone is not enough."""
    case = delivery_case(altered(SECOND, role, lambda _: None, ["ann"]), trusted=FIRST)

    with pytest.raises(RefusedError) as refusal:
        bins_signed.check(case)

    assert refusal.value.rule == "BINS-SIGNED"
