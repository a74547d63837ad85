"""SIGNER-ONCE: a key signs a file once."""

import pytest
from fakes.cases import refusal
from fakes.people import reviewed, signature, signed

from ceremony.core.sitting_rules import SignatureCase, add_signature, signer_once
from ceremony.errors import RefusedError

FOUND = reviewed()
ROOT = FOUND.draft.files[0]


def test_a_first_signature_passes() -> None:
    """Also after somebody else's."""
    (file,) = signed([ROOT], "bob")
    signer_once.check(SignatureCase(file, signature("ann", ROOT.payload), FOUND.quorums))


def test_a_second_signature_by_the_same_key_is_refused() -> None:
    """It would change nothing but the bytes of the file."""
    (file,) = signed([ROOT], "ann")
    refusal(signer_once, SignatureCase(file, signature("ann", ROOT.payload), FOUND.quorums))


def test_adding_a_signature_twice_is_refused() -> None:
    """The file that has the first is untouched."""
    once = add_signature(ROOT, signature("ann", ROOT.payload), FOUND.quorums)
    with pytest.raises(RefusedError) as refused:
        add_signature(once, signature("ann", ROOT.payload), FOUND.quorums)
    assert refused.value.rule == "SIGNER-ONCE"
    assert once == signed([ROOT], "ann")[0]
