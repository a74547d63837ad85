"""What the rules for deliveries refuse beside the plain case of each."""

from typing import Any

import pytest
from fakes.release import ONLINE, Wanted, altered, delivery_case, online_key, release, successor

from ceremony.core import delivery_rules as rules
from ceremony.core.plan import Bins
from ceremony.core.rules import Rule
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
LATER_ROOT = successor(FIRST, "root")


def test_a_whole_release_keeps_every_rule() -> None:
    """The first one, and the next."""
    rules.DELIVERY_RULES.check(delivery_case(FIRST))
    rules.DELIVERY_RULES.check(delivery_case(LATER_ROOT, trusted=FIRST))


def _drop_delegations(signed: dict[str, Any]) -> None:
    del signed["delegations"]


def _rename(signed: dict[str, Any]) -> None:
    signed["delegations"]["succinct_roles"]["name_prefix"] = "other"


def _add_target(signed: dict[str, Any]) -> None:
    signed["targets"]["demo"] = {"hashes": {"sha256": "aa"}, "length": 1}


def _drop_lifetimes(signed: dict[str, Any]) -> None:
    signed["x-ceremony-lifetimes"] = {"timestamp": 3600}


def _odd_bits(signed: dict[str, Any]) -> None:
    signed["delegations"]["succinct_roles"]["bit_length"] = 20


@pytest.mark.parametrize(
    ("rule", "role", "change"),
    [
        (rules.bins_signed, "targets", _drop_delegations),
        (rules.bins_signed, "targets", _add_target),
        (rules.bins_cover, "bins", _drop_delegations),
        (rules.bins_cover, "bins", _rename),
        (rules.bins_cover, "bins", _add_target),
        (rules.bins_cover, "bins", _odd_bits),
        (rules.lifetimes_stated, "bins", _drop_lifetimes),
    ],
)
def test_a_tree_of_another_shape_is_refused(rule: Rule[rules.DeliveryCase], role: str, change: Any) -> None:  # noqa: ANN401  # any change of any payload
    """Even when the right people signed it."""
    with pytest.raises(RefusedError):
        rule.check(delivery_case(altered(FIRST, role, change)))


@pytest.mark.parametrize(("field", "value"), [("terminating", False), ("path_hash_prefixes", ["0", "1"])])
def test_explicit_bins_that_leave_paths_out_are_refused(field: str, value: object) -> None:
    """Every path falls into exactly one bin, and no later role is asked."""
    explicit = release(online_key(ONLINE), Wanted(bins=Bins(4, "explicit")))

    with pytest.raises(RefusedError):
        rules.bins_cover.check(
            delivery_case(altered(explicit, "bins", lambda it: it["delegations"]["roles"][0].update({field: value})))
        )


def test_a_chain_that_does_not_begin_at_one_is_refused() -> None:
    """Before anything is trusted, root is the first."""
    with pytest.raises(RefusedError):
        rules.root_fingerprint.check(delivery_case(LATER_ROOT))


def test_a_root_with_other_bytes_than_the_trusted_one_is_refused() -> None:
    """The same version, signed by the same people."""
    other = altered(FIRST, "root", lambda signed: signed.update({"x-other": True}))

    for rule in (rules.root_chain, rules.version_forward):
        with pytest.raises(RefusedError):
            rule.check(delivery_case(other, trusted=FIRST))


def test_a_root_that_skips_one_is_refused() -> None:
    """Clients walk one by one."""
    with pytest.raises(RefusedError):
        rules.root_chain.check(delivery_case(successor(LATER_ROOT, "root"), trusted=FIRST))
