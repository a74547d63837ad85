"""KEY-STRONG: no RSA key is too short, or longer than there is room for."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fakes.cases import refusal, usual_case
from fakes.people import RSA, keyholders
from securesystemslib.signer import SSlibKey

from ceremony.core.draft_rules import DraftCase, key_strong

ANN, BOB, CYD = keyholders("ann", "bob", "cyd")


def listed(bits: int) -> DraftCase:
    """A root that also lists an RSA key of so many bits."""
    case = usual_case()
    # No key needs to fit: a modulus of this length is all that the rule looks at.
    public = rsa.RSAPublicNumbers(65537, 1 << (bits - 1) | 1).public_key()
    key = SSlibKey.from_crypto(public, scheme=RSA)
    case.root.keys[key.keyid] = key
    return case


def test_keys_of_other_kinds_pass() -> None:
    """Their schemes say how long they are."""
    key_strong.check(usual_case())


def test_an_rsa_key_of_a_keyholder_passes() -> None:
    """Of 2048 bits."""
    key_strong.check(usual_case(keyholders=(replace(ANN, scheme=RSA), BOB, CYD)))


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_an_rsa_key_of_the_usual_lengths_passes(bits: int) -> None:
    """Both ends belong to it."""
    key_strong.check(listed(bits))


@pytest.mark.parametrize("bits", [1024, 2047, 4097, 16384])
def test_a_shorter_or_longer_rsa_key_is_refused(bits: int) -> None:
    """The refusal says how long it is."""
    assert f"RSA of {bits} bits" in refusal(key_strong, listed(bits)).found
