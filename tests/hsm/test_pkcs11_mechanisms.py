"""Which schemes follow from what a token offers."""

from collections.abc import Mapping

import pytest
from pkcs11 import Mechanism

from hsm import Scheme
from hsm.pkcs11_mechanisms import maker, rsa_bits, schemes, ways

SIGN, NOTHING = 0x800, (0, 0, 0)
CURVES = (Scheme.P256, Scheme.P384, Scheme.P521)


@pytest.mark.parametrize(
    ("offers", "told"),
    [
        ({}, ()),
        ({Mechanism.ECDSA: NOTHING}, CURVES),
        ({Mechanism.ECDSA: (256, 521, SIGN)}, CURVES),
        ({Mechanism.ECDSA: (256, 384, SIGN)}, CURVES[:2]),
        ({Mechanism.ECDSA: (384, 521, SIGN)}, CURVES[1:]),
        ({Mechanism.ECDSA: (256, 521, 0x2000)}, ()),
        ({Mechanism.ECDSA_SHA384: (256, 521, SIGN)}, (Scheme.P384,)),
        ({Mechanism.EDDSA: (32, 32, SIGN)}, (Scheme.ED25519,)),
        ({Mechanism.RSA_PKCS_PSS: (1024, 2048, SIGN)}, ()),
        ({Mechanism.RSA_PKCS_PSS: (1024, 3072, SIGN)}, (Scheme.RSA_PSS,)),
        ({Mechanism.RSA_PKCS_PSS: (4096, 4096, SIGN)}, (Scheme.RSA_PSS,)),
        ({Mechanism.SHA256_RSA_PKCS_PSS: NOTHING}, (Scheme.RSA_PSS,)),
        ({Mechanism.RSA_PKCS_KEY_PAIR_GEN: NOTHING, Mechanism.EC_KEY_PAIR_GEN: NOTHING}, ()),
    ],
)
def test_schemes_are_those_that_can_be_signed_with(
    offers: Mapping[int, tuple[int, int, int]], told: tuple[Scheme, ...]
) -> None:
    """A mechanism counts for the keys it takes, if it signs at all; one that tells no lengths takes all."""
    assert schemes(offers) == told


def test_hashing_is_done_here_where_it_can_be() -> None:
    """Raw mechanisms come first; a token that only hashes for itself is given the whole message."""
    both = {Mechanism.ECDSA: NOTHING, Mechanism.ECDSA_SHA256: NOTHING}
    assert [way.hashed for way in ways(Scheme.P256, both)] == ["sha256", ""]
    assert [way.mechanism for way in ways(Scheme.P521, {Mechanism.ECDSA_SHA512: NOTHING})] == [Mechanism.ECDSA_SHA512]


def test_pss_is_never_asked_for_without_its_parameter() -> None:
    """Hash, mask and a salt as long as the hash are always given: a token's own choice is SHA-1."""
    offers = {Mechanism.RSA_PKCS_PSS: NOTHING, Mechanism.SHA256_RSA_PKCS_PSS: NOTHING}
    parameters = {way.parameter for way in ways(Scheme.RSA_PSS, offers)}
    assert parameters == {(0x250, 2, 32)}


@pytest.mark.parametrize("scheme", Scheme)
def test_a_token_without_a_maker_makes_no_key(scheme: Scheme) -> None:
    """Being able to sign is not being able to make keys."""
    assert maker(scheme, dict.fromkeys(Mechanism, NOTHING)) is not None
    signing = set(Mechanism) - {0, Mechanism.EC_KEY_PAIR_GEN, Mechanism.EC_EDWARDS_KEY_PAIR_GEN}
    assert maker(scheme, dict.fromkeys(signing, NOTHING)) is None


@pytest.mark.parametrize(("longest", "bits"), [(0, 4096), (4096, 4096), (16384, 4096), (4095, 3072), (3072, 3072)])
def test_rsa_keys_are_long(longest: int, bits: int) -> None:
    """4096 bits where the token makes them, else 3072."""
    assert rsa_bits({Mechanism.RSA_PKCS_KEY_PAIR_GEN: (1024, longest, 0)}) == bits
