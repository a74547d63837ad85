"""ROOT-CHAIN: every root is signed under the root before it and under itself."""

from dataclasses import replace

import pytest
from fakes.release import ONLINE, STRANGER_KEYS, delivery_case, online_key, release, sign, successor

from ceremony.core.delivery_rules import root_chain
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_a_root_with_its_quorum_is_taken() -> None:
    """Ann and bob are two of three."""
    root_chain.check(delivery_case())


def test_a_root_of_strangers_is_refused() -> None:
    """A second root follows the trusted one, but other people signed it."""
    case = delivery_case(
        replace(FIRST, files=(sign(successor(FIRST, "root").files[0], [STRANGER_KEYS["ann"]]), *FIRST.files[1:])),
        trusted=FIRST,
    )

    with pytest.raises(RefusedError) as refusal:
        root_chain.check(case)

    assert refusal.value.rule == "ROOT-CHAIN"
