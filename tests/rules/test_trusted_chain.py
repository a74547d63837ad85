"""TRUSTED-CHAIN: every root is signed under the root before it and under itself."""

from typing import Any

import pytest
from fakes.cases import refusal
from fakes.history import FIRST, SECOND, altered, by, case, root

from ceremony.core.trusted_rules import trusted_chain


def test_a_chain_of_rotations_is_taken() -> None:
    """Each with both quorums."""
    trusted_chain.check(case())


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (("bob", "cyd again"), "1 of 2 under root 1"),
        (("ann", "bob", "cyd"), "1 of 2 under root 2"),
        (("ann",), "1 of 2 under root 1, 0 of 2 under root 2"),
        ((), "0 of 2 under root 1, 0 of 2 under root 2"),
    ],
)
def test_a_root_short_of_either_quorum_is_refused(names: tuple[str, ...], short: str) -> None:
    """Both counts are told."""
    second = by(root(2, ("bob", "cyd again")), *names)
    found = refusal(trusted_chain, case(shown=(FIRST, second)))
    assert found.found == f"2.root.json with too few signatures: {short}"


def test_a_keyid_without_its_key_signs_nothing() -> None:
    """Clients pass over it as well: the others have to be enough."""

    def change(signed: dict[str, Any]) -> None:
        signed["roles"]["root"]["keyids"].append("5" * 64)

    trusted_chain.check(case(shown=(FIRST, altered(SECOND, change, "ann", "bob", "cyd"))))
    assert refusal(trusted_chain, case(shown=(FIRST, altered(SECOND, change, "ann", "bob")))).rule == "TRUSTED-CHAIN"
