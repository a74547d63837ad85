"""DELIVERY-KEYIDS: a keyid says nothing but its key, on the other side of the gap too."""

from typing import Any

import pytest
from fakes.claims import CLAIMED, Changing, changed, project
from fakes.release import DEVICE_KEYS, ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import delivery_keyids
from ceremony.core.keys import fields_of, keyid_of
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def exchange(keys: dict[str, Any]) -> None:
    """Ann's key stands under the online signer's keyid."""
    keys[online_key(ONLINE).keyid()] = fields_of(DEVICE_KEYS["ann"].public_key)


def rename(keys: dict[str, Any]) -> None:
    """One key stands a second time, under a keyid that is not its own."""
    keys["0" * 64] = dict(next(iter(keys.values())))


def test_keys_under_their_own_keyids_are_taken() -> None:
    """As a ceremony makes them."""
    delivery_keyids.check(delivery_case())


@pytest.mark.parametrize("change", [exchange, rename])
@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_another_key_under_a_keyid_is_refused(role: str, change: Any) -> None:  # noqa: ANN401  # either of the two
    """Wherever keys are listed."""

    def changed(signed: dict[str, Any]) -> None:
        change(signed["keys"] if role == "root" else signed["delegations"]["keys"])

    with pytest.raises(RefusedError) as refusal:
        delivery_keyids.check(delivery_case(altered(FIRST, role, changed)))

    assert refusal.value.rule == "DELIVERY-KEYIDS"


def test_another_key_of_a_project_is_refused() -> None:
    """Below a role before bins, too."""
    second = changed(FIRST, Changing(delegations=(CLAIMED,), entering=(project("demo"),)))
    case = delivery_case(
        altered(second, "claimed", lambda signed: rename(signed["delegations"]["keys"])), trusted=FIRST
    )

    with pytest.raises(RefusedError) as refusal:
        delivery_keyids.check(case)

    assert refusal.value.rule == "DELIVERY-KEYIDS"


def test_one_key_under_two_keyids_is_refused() -> None:
    """With something written into it in root, and without in the delegations of targets."""

    def name(signed: dict[str, Any]) -> None:
        keyid = DEVICE_KEYS["ann"].public_key.keyid
        key = {**signed["keys"].pop(keyid), "x-owner": "ann"}
        signed["keys"][keyid_of(key)] = key

    with pytest.raises(RefusedError) as refusal:
        delivery_keyids.check(delivery_case(altered(FIRST, "root", name)))

    assert refusal.value.found.startswith("one public key as ")
