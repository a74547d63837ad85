"""SIGNER-KNOWN: only keys of a role sign it."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import keyholders, reviewed, signature

from ceremony.core.sitting_rules import SignatureCase, signer_known

ANN, BOB, CYD = keyholders("ann", "bob", "cyd")
FOUND = reviewed(keyholders=(ANN, BOB, replace(CYD, roles=("bins",))))
ROOT, _TARGETS, BINS = FOUND.draft.files


def test_a_key_of_the_role_passes() -> None:
    """Cyd signs bins."""
    signer_known.check(SignatureCase(BINS, signature("cyd", BINS.payload), FOUND.quorums))


def test_a_key_of_another_role_is_refused() -> None:
    """Cyd does not sign root."""
    refusal(signer_known, SignatureCase(ROOT, signature("cyd", ROOT.payload), FOUND.quorums))


def test_a_stranger_is_refused() -> None:
    """Nor does a stranger sign anything."""
    refusal(signer_known, SignatureCase(BINS, signature("stranger", BINS.payload), FOUND.quorums))
