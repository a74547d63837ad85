"""TRUSTED-NEXT: no root is left out."""

from fakes.cases import refusal
from fakes.history import FIRST, SECOND, THIRD, case

from ceremony.core.trusted_rules import trusted_next


def test_consecutive_roots_are_taken() -> None:
    """From any first one."""
    trusted_next.check(case())
    trusted_next.check(case(pinned=SECOND, shown=(SECOND, THIRD)))


def test_a_gap_is_refused() -> None:
    """Root 2 is missing."""
    found = refusal(trusted_next, case(shown=(FIRST, THIRD)))
    assert (found.found, found.wanted) == ("3.root.json after 1.root.json", "2.root.json")
