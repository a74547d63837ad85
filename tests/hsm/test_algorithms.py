"""Which scheme a public key is for."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import Scheme
from hsm.algorithms import scheme_of


def der(public: PublicKeyTypes) -> bytes:
    """The key as SubjectPublicKeyInfo."""
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("public", "scheme"),
    [
        (ec.generate_private_key(ec.SECP256R1()).public_key(), Scheme.P256),
        (ec.generate_private_key(ec.SECP384R1()).public_key(), Scheme.P384),
        (ed25519.Ed25519PrivateKey.generate().public_key(), Scheme.ED25519),
        (ec.generate_private_key(ec.SECP521R1()).public_key(), Scheme.P521),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), None),
        (ed448.Ed448PrivateKey.generate().public_key(), None),
        (rsa.generate_private_key(65537, 2048).public_key(), None),
        (rsa.generate_private_key(65537, 3072).public_key(), Scheme.RSA_PSS),
        (rsa.generate_private_key(65537, 4096).public_key(), Scheme.RSA_PSS),
        (rsa.generate_private_key(3, 3072).public_key(), None),
        (rsa.RSAPublicNumbers(65537, 2**4095 + 2**4096 + 1).public_key(), None),
    ],
    ids=["P-256", "P-384", "Ed25519", "P-521", "K-256", "Ed448", "2048", "3072", "4096", "exponent 3", "4097"],
)
def test_a_public_key_tells_its_scheme(public: PublicKeyTypes, scheme: Scheme | None) -> None:
    """Our kinds are known, every other is none of ours."""
    assert scheme_of(der(public)) is scheme


@pytest.mark.parametrize("rubbish", [b"", b"\x30", b"not a key", bytes(91)])
def test_what_is_no_key_has_no_scheme(rubbish: bytes) -> None:
    """Bytes that are no key are answered, not raised on."""
    assert scheme_of(rubbish) is None
