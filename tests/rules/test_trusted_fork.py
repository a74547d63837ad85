"""TRUSTED-FORK: there is one root of each version."""

from fakes.cases import refusal
from fakes.history import FIRST, LONG_AGO, SECOND, by, case, root

from ceremony.core.trusted_rules import trusted_fork


def test_the_same_root_with_other_signatures_is_taken() -> None:
    """Somebody may have signed late."""
    trusted_fork.check(case(shown=(by(FIRST, "cyd"), SECOND)))


def test_another_root_of_the_pinned_version_is_refused() -> None:
    """Even if the same people signed it."""
    other = by(root(1, expires=LONG_AGO), "ann", "bob")
    assert refusal(trusted_fork, case(shown=(other, SECOND))).found.startswith("1.root.json with other content")
