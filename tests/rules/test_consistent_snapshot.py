"""CONSISTENT-SNAPSHOT: files are fetched by version and hash."""

import pytest
from fakes.cases import refusal, tampered, usual_case

from ceremony.core.draft_rules import consistent_snapshot


def test_a_root_that_asks_for_them_passes() -> None:
    """As drafting makes it."""
    consistent_snapshot.check(usual_case())


@pytest.mark.parametrize("value", [False, None, 1, "true"])
def test_a_root_that_does_not_is_refused(value: object) -> None:
    """True, and nothing that is like it."""
    refusal(consistent_snapshot, tampered("root", lambda signed: signed.update(consistent_snapshot=value)))


def test_a_root_that_says_nothing_of_it_is_refused() -> None:
    """It has no default."""
    refusal(consistent_snapshot, tampered("root", lambda signed: signed.pop("consistent_snapshot")))
