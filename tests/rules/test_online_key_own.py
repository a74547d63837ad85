"""ONLINE-KEY-OWN: what is online is signed by this signer's key alone."""

import pytest
from fakes.release import STRANGER_KEYS, delivery_case, online_key, release

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
