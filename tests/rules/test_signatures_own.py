"""SIGNATURES-OWN: nothing is carried along that does not count."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import keyholders, keyid, reviewed, signed

from ceremony.core.seal import SealCase, signatures_own

FOUND = reviewed()


def test_valid_signatures_by_keys_of_the_role_pass() -> None:
    """Also more of them than are needed, or none."""
    signatures_own.check(SealCase(FOUND, signed(FOUND.draft.files, "ann", "bob", "cyd")))
    signatures_own.check(SealCase(FOUND, FOUND.draft.files))


def test_a_strangers_signature_is_refused() -> None:
    """Beside a full quorum, too."""
    refusal(signatures_own, SealCase(FOUND, signed(FOUND.draft.files, "ann", "bob", "stranger")))


def test_a_signature_for_another_role_is_refused() -> None:
    """Cyd signs bins, and root all the same."""
    ann, bob, cyd = keyholders("ann", "bob", "cyd")
    found = reviewed(keyholders=(ann, bob, replace(cyd, roles=("bins",))))
    refusal(signatures_own, SealCase(found, signed(found.draft.files, "ann", "bob", "cyd")))


def test_a_bad_signature_is_refused() -> None:
    """Beside a full quorum, too."""
    *others, bins = signed(FOUND.draft.files, "ann", "bob")
    bad = replace(bins, signatures={**bins.signatures, keyid("cyd"): "00"})
    refusal(signatures_own, SealCase(FOUND, (*others, bad)))
