"""What the rules for deliveries refuse beside the plain case of each."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.release import (
    NOW,
    ONLINE,
    STRANGER_KEYS,
    Then,
    Wanted,
    altered,
    delivery_case,
    following,
    online_key,
    release,
    sign,
    successor,
)
from securesystemslib.signer import CryptoSigner

from ceremony.core import delivery_below_rules as below
from ceremony.core import delivery_rules as rules
from ceremony.core.before import Before
from ceremony.core.delivery_case import DeliveryCase
from ceremony.core.plan import Bins
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.rules import Rule
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
LATER_ROOT = successor(FIRST, "root")
NEW = CryptoSigner.generate_ecdsa()
SECOND = following(FIRST, Then(keys={"cyd": NEW}))
THIRD = following(SECOND, Then(roles=("root",)))


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
        (below.bins_signed, "targets", _drop_delegations),
        (below.bins_signed, "targets", _add_target),
        (below.bins_cover, "bins", _drop_delegations),
        (below.bins_cover, "bins", _rename),
        (below.bins_cover, "bins", _add_target),
        (below.bins_cover, "bins", _odd_bits),
        (rules.lifetimes_stated, "bins", _drop_lifetimes),
    ],
)
def test_a_tree_of_another_shape_is_refused(rule: Rule[DeliveryCase], role: str, change: Any) -> None:  # noqa: ANN401  # any change of any payload
    """Even when the right people signed it."""
    with pytest.raises(RefusedError):
        rule.check(delivery_case(altered(FIRST, role, change)))


@pytest.mark.parametrize(("field", "value"), [("terminating", False), ("path_hash_prefixes", ["0", "1"])])
def test_explicit_bins_that_leave_paths_out_are_refused(field: str, value: object) -> None:
    """Every path falls into exactly one bin, and no later role is asked."""
    explicit = release(online_key(ONLINE), Wanted(bins=Bins(4, "explicit")))

    with pytest.raises(RefusedError):
        below.bins_cover.check(
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


def refused_by(case: DeliveryCase) -> str:
    """The first rule that refuses this case."""
    with pytest.raises(RefusedError) as refusal:
        _check(case)
    return refusal.value.rule


def _check(case: DeliveryCase) -> None:
    rules.DELIVERY_RULES.check(case)
    below.BELOW_RULES.check(case)


@pytest.mark.parametrize(
    "roles", [("root",), ("targets",), ("bins",), ("root", "bins"), ("targets", "bins"), OFFLINE_ROLES]
)
def test_a_release_may_bring_any_of_the_three(roles: tuple[str, ...]) -> None:
    """What it does not bring stays as it is trusted."""
    case = delivery_case(following(FIRST, Then(roles=roles)), trusted=FIRST)

    rules.DELIVERY_RULES.check(case)

    assert [(each.role, each.version) for each in case.arriving] == [(role, 2) for role in roles]
    assert {role: case.file(role).version for role in OFFLINE_ROLES} == {
        role: 2 if role in roles else 1 for role in OFFLINE_ROLES
    }


def test_what_was_missed_comes_with_the_release_that_follows_it() -> None:
    """Roots in order, and the targets and bins in between."""
    case = delivery_case(THIRD, trusted=FIRST)

    rules.DELIVERY_RULES.check(case)

    assert {each.name for each in case.missed} == {"2.root.json", "2.targets.json", "2.bins.json"}
    assert [each.version for each in case.arriving_roots] == [2, 3]


def test_what_a_release_renews_itself_was_not_missed() -> None:
    """Bins 3 makes bins 2 superfluous."""
    fourth = following(THIRD, Then(roles=("bins",)))

    case = delivery_case(fourth, trusted=FIRST)

    assert {each.name for each in case.missed} == {"2.root.json", "3.root.json", "2.targets.json"}


def test_nothing_that_a_first_release_follows_is_believed() -> None:
    """There is nothing to judge it by."""
    case = delivery_case(THIRD)

    assert case.missed == ()
    assert refused_by(case) == "DELIVERY-ORDER"


def test_a_missed_root_is_checked_like_any_other() -> None:
    """Root 2 of strangers, under a root 3 that would be good."""
    followed = delivery_case(THIRD, trusted=FIRST).followed
    forged = tuple(sign(each, [STRANGER_KEYS["ann"]]) if each.name == "2.root.json" else each for each in followed)

    assert refused_by(delivery_case(THIRD, trusted=FIRST, followed=forged)) == "ROOT-CHAIN"


def test_a_root_between_that_was_left_out_is_refused() -> None:
    """Root 3 comes, root 2 is neither trusted nor shown."""
    followed = tuple(each for each in delivery_case(THIRD).followed if each.role != "root")

    assert refused_by(delivery_case(THIRD, trusted=FIRST, followed=followed)) == "ROOT-CHAIN"


def test_roots_with_a_gap_between_them_are_refused() -> None:
    """Root 1 and root 3."""
    followed = tuple(each for each in delivery_case(THIRD).followed if each.name != "2.root.json")

    assert refused_by(delivery_case(THIRD, trusted=FIRST, followed=followed)) == "DELIVERY-WHOLE"


@pytest.mark.parametrize(("role", "rule"), [("root", "ROOT-CHAIN"), ("targets", "VERSION-FORWARD")])
def test_a_release_that_follows_another_history_is_refused(role: str, rule: str) -> None:
    """The same version of what it follows, with other bytes, and signed by the same people."""
    other = altered(FIRST, role, lambda signed: signed.update({"x-other": True}))

    assert refused_by(delivery_case(following(other, Then(roles=("bins",))), trusted=FIRST)) == rule


def test_bins_that_follow_another_repository_are_refused_by_its_name() -> None:
    """They bring no root of their own, but show one."""
    elsewhere = release(online_key(ONLINE, "other.example.org"), Wanted(repository="other.example.org"))
    bins = following(elsewhere, Then(roles=("bins",)))

    assert refused_by(delivery_case(bins, trusted=FIRST)) == "DELIVERY-REPOSITORY"


def test_bins_of_a_rehearsal_are_refused_by_that() -> None:
    """The signer is real, and so is what it trusts."""
    bins = following(FIRST, Then(roles=("bins",)))
    receiver = replace(delivery_case().receiver, is_rehearsal=False)

    assert refused_by(delivery_case(bins, trusted=FIRST, receiver=receiver)) == "REHEARSAL-APART"


def test_targets_that_the_new_root_does_not_take_are_refused() -> None:
    """Everybody's key changes, and targets was not signed anew."""
    strangers = following(FIRST, Then(roles=("root",), keys=STRANGER_KEYS))

    assert refused_by(delivery_case(strangers, trusted=FIRST)) == "TARGETS-SIGNED"


def test_bins_that_the_new_targets_does_not_take_are_refused() -> None:
    """The same, one floor below."""
    strangers = following(FIRST, Then(roles=("root", "targets"), keys=STRANGER_KEYS))

    assert refused_by(delivery_case(strangers, trusted=FIRST)) == "BINS-SIGNED"


def test_two_bins_in_one_release_are_refused() -> None:
    """Nobody could tell which of them was meant."""
    bins = following(FIRST, Then(roles=("bins",)))
    more = following(bins, Then(roles=("bins",)))

    case = delivery_case(bins, trusted=FIRST, files=(*bins.files, *more.files))

    assert refused_by(case) == "DELIVERY-WHOLE"


def test_bins_made_before_the_trusted_root_are_taken() -> None:
    """Two ceremonies were under way at a time; what holds is the newest root, and it takes them."""
    bins = following(FIRST, Then(roles=("bins",)))
    rotated = following(FIRST, Then(roles=("root", "targets"), keys={"cyd": NEW}))

    assert refused_by(delivery_case(FIRST, trusted=rotated)) == "VERSION-FORWARD"
    rules.DELIVERY_RULES.check(delivery_case(bins, trusted=rotated))


def test_a_root_that_is_older_than_the_trusted_one_is_refused() -> None:
    """It came in long ago."""
    assert refused_by(delivery_case(following(FIRST, Then(roles=("root",))), trusted=THIRD)) == "ROOT-CHAIN"
    assert refused_by(delivery_case(replace(SECOND, files=SECOND.files[:1]), trusted=THIRD)) == "VERSION-FORWARD"


def test_only_what_holds_has_to_be_fresh() -> None:
    """Root 2 ended long ago, root 3 follows it; targets and bins wait for their own refresh."""
    late = NOW + timedelta(days=500)
    refreshed = following(SECOND, Then(roles=("root",), now=late))
    bins = following(SECOND, Then(roles=("bins",), now=late))

    rules.DELIVERY_RULES.check(delivery_case(refreshed, trusted=SECOND, now=late))
    rules.DELIVERY_RULES.check(delivery_case(bins, trusted=SECOND, now=late))
    rules.DELIVERY_RULES.check(delivery_case(following(SECOND, Then(now=late)), trusted=FIRST, now=late))
    assert refused_by(delivery_case(THIRD, trusted=FIRST, now=late)) == "DELIVERY-FRESH"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("DELIVERY-KEYIDS", lambda root: root["keys"].update({"0" * 64: next(iter(root["keys"].values()))})),
        ("DELIVERY-QUORUM", lambda root: root["roles"]["targets"].update(threshold=1)),
        ("DELIVERY-CONSISTENT", lambda root: root.update(consistent_snapshot=False)),
        ("DELIVERY-SIZE", lambda root: root.update({"x-filler": "x" * 512_000})),
    ],
)
def test_a_root_in_between_keeps_the_rules_too(rule: str, change: Any) -> None:  # noqa: ANN401  # any change of a root
    """Clients walk through it."""
    second = altered(SECOND, "root", change, signers=("ann", "bob"))
    assert refused_by(delivery_case(replace(THIRD, before=_shown(second)), trusted=FIRST)) == rule


def _shown(bundle: Bundle) -> Before:
    before = THIRD.before
    assert before is not None
    roots = (before.trusted.roots[0], bundle.files[0])
    return replace(before, trusted=replace(before.trusted, roots=roots))
