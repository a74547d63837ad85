"""KEYS-APART: the online key signs no offline role."""

from dataclasses import replace

import pytest
from fakes.release import DEVICE_KEYS, ONLINE, Wanted, delivery_case, online_key, release

from ceremony.core.delivery_rules import keys_apart
from ceremony.errors import RefusedError


def test_keys_of_keyholders_are_taken() -> None:
    """Offline roles are signed by ann, bob and cyd."""
    keys_apart.check(delivery_case())


def test_the_online_key_among_them_is_refused() -> None:
    """Ann's device holds the online key."""
    case = delivery_case(release(online_key(ONLINE), Wanted(keys={**DEVICE_KEYS, "ann": ONLINE})))

    with pytest.raises(RefusedError) as refusal:
        keys_apart.check(case)

    assert refusal.value.rule == "KEYS-APART"


def test_the_next_online_key_among_them_is_refused() -> None:
    """Ann's device holds the key that comes after the online key."""
    case = delivery_case()
    ann = online_key(DEVICE_KEYS["ann"]).keyid()

    with pytest.raises(RefusedError) as refusal:
        keys_apart.check(replace(case, receiver=replace(case.receiver, next_keyid=ann)))

    assert refusal.value.rule == "KEYS-APART"
