"""ONLINE-KEY-OWN: what is online is signed by this signer's key alone."""

from dataclasses import replace

import pytest
from fakes.release import ONLINE, STRANGER_KEYS, Then, delivery_case, following, online_key, release

from ceremony.core.delivery_rules import online_key_own
from ceremony.errors import RefusedError


def test_the_own_key_is_taken() -> None:
    """Root and bins name this signer's key."""
    online_key_own.check(delivery_case())


def test_another_signers_key_is_refused() -> None:
    """Root and bins name another signer's key."""
    case = delivery_case(release(online_key(STRANGER_KEYS["ann"])))

    with pytest.raises(RefusedError) as refusal:
        online_key_own.check(case)

    assert refusal.value.rule == "ONLINE-KEY-OWN"


def test_the_next_key_is_taken_once_it_was_made() -> None:
    """Root and bins name it together."""
    first = release(online_key(ONLINE))
    other = online_key(STRANGER_KEYS["ann"])
    case = delivery_case(following(first, Then(online=other)), trusted=first)

    with pytest.raises(RefusedError):
        online_key_own.check(case)
    online_key_own.check(replace(case, receiver=replace(case.receiver, next_keyid=other.keyid())))


@pytest.mark.parametrize("role", ["root", "bins"])
def test_two_keys_at_a_time_are_refused(role: str) -> None:
    """One of root and bins names the next key, the other the one at work."""
    first = release(online_key(ONLINE))
    other = online_key(STRANGER_KEYS["ann"])
    case = delivery_case(following(first, Then(roles=(role,), online=other)), trusted=first)

    with pytest.raises(RefusedError):
        online_key_own.check(replace(case, receiver=replace(case.receiver, next_keyid=other.keyid())))
