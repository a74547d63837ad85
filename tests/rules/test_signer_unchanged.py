"""SIGNER-UNCHANGED: a signer stays what it was made for."""

import pytest

from ceremony.core.signer_rules import SignerCase, signer_unchanged
from ceremony.errors import RefusedError


def test_the_same_wish_again_is_taken() -> None:
    """Nothing is said of the key."""
    signer_unchanged.check(
        SignerCase(
            "a.example.org",
            is_rehearsal=False,
            uri="file2:k",
            wanted_repository="a.example.org",
            is_wanted_for_rehearsal=False,
            wanted_uri="",
        )
    )


def test_a_rehearsal_that_becomes_real_is_refused() -> None:
    """It was made for rehearsals."""
    case = SignerCase(
        "a.example.org",
        is_rehearsal=True,
        uri="file2:k",
        wanted_repository="a.example.org",
        is_wanted_for_rehearsal=False,
        wanted_uri="",
    )

    with pytest.raises(RefusedError) as refusal:
        signer_unchanged.check(case)

    assert refusal.value.rule == "SIGNER-UNCHANGED"
