"""TRUSTED-PINNED: the root where trust begins is whole."""

from fakes.cases import refusal
from fakes.history import by, case, root

from ceremony.core.trusted_rules import trusted_pinned


def test_a_root_with_its_own_quorum_is_taken() -> None:
    """Two of three."""
    trusted_pinned.check(case())


def test_a_root_short_of_its_own_quorum_is_refused() -> None:
    """One of two that are needed."""
    found = refusal(trusted_pinned, case(pinned=by(root(1), "ann"), shown=()))
    assert found.found == "1.root.json with too few signatures: 1 of 2 under root 1"
