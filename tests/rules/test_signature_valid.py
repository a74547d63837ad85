"""SIGNATURE-VALID: every signature is verified as soon as it is made."""

import pytest
from fakes.cases import refusal
from fakes.people import NAMES, keyid, reviewed, signature
from securesystemslib.signer import Signature

from ceremony.core.sitting_rules import SIGNATURE_RULES, SignatureCase, add_signature, signature_valid

FOUND = reviewed()
ROOT, TARGETS, _BINS = FOUND.draft.files


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_of_these_bytes_passes(name: str) -> None:
    """In every scheme; and it is what the file then carries."""
    made = signature(name, ROOT.payload)
    signature_valid.check(SignatureCase(ROOT, made, FOUND.quorums))
    assert add_signature(ROOT, made, FOUND.quorums).signatures == {keyid(name): made.signature}


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_of_other_bytes_is_refused(name: str) -> None:
    """Of targets, say, instead of root."""
    refusal(signature_valid, SignatureCase(ROOT, signature(name, TARGETS.payload), FOUND.quorums))


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_that_no_file_could_hold_is_refused(name: str) -> None:
    """In capitals the file could never be opened again."""
    capitals = Signature(keyid(name), signature(name, ROOT.payload).signature.upper())
    refusal(signature_valid, SignatureCase(ROOT, capitals, FOUND.quorums))


def test_somebody_elses_signature_is_refused() -> None:
    """Bob's bytes under ann's keyid."""
    swapped = Signature(keyid("ann"), signature("bob", ROOT.payload).signature)
    refusal(signature_valid, SignatureCase(ROOT, swapped, FOUND.quorums))


def test_a_strangers_signature_is_refused_by_two_rules() -> None:
    """Every rule that is broken can be told."""
    case = SignatureCase(ROOT, signature("stranger", ROOT.payload), FOUND.quorums)
    assert [each.rule for each in SIGNATURE_RULES.refusals(case)] == ["SIGNER-KNOWN", "SIGNATURE-VALID"]
