"""ROLE-COMPLETE: every quorum is met."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import keyid, reviewed, signed

from ceremony.core.seal import SealCase, role_complete

FOUND = reviewed()


def test_two_of_three_passes() -> None:
    """That is what the plan asks for."""
    role_complete.check(SealCase(FOUND, signed(FOUND.draft.files, "ann", "cyd")))


def test_one_of_three_is_refused() -> None:
    """The refusal counts."""
    found = refusal(role_complete, SealCase(FOUND, signed(FOUND.draft.files, "ann")))
    assert found.found == "root: 1 of 2 signatures"


def test_two_signatures_of_which_one_is_bad_are_refused() -> None:
    """Only valid ones count."""
    root, *others = signed(FOUND.draft.files, "ann", "bob")
    bad = replace(root, signatures={**root.signatures, keyid("bob"): "00"})
    refusal(role_complete, SealCase(FOUND, (bad, *others)))


def test_two_signatures_of_which_one_is_a_strangers_are_refused() -> None:
    """Only keys of the role count."""
    refusal(role_complete, SealCase(FOUND, signed(FOUND.draft.files, "ann", "stranger")))
