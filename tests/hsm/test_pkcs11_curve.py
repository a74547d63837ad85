"""Public halves as PKCS#11 modules write them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import Scheme
from hsm.pkcs11_curve import PARAMETERS, public_key_of

P256 = ec.generate_private_key(ec.SECP256R1()).public_key()
ED25519 = ed25519.Ed25519PrivateKey.generate().public_key()
P256_POINT = P256.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
ED25519_POINT = ED25519.public_bytes_raw()
P256_DER = P256.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ED25519_DER = ED25519.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("wrapping", [b"", b"\x04\x41"], ids=["bare", "octet string"])
def test_a_p256_point_is_read_bare_or_wrapped(wrapping: bytes) -> None:
    """Modules write the point either way; the key is the same."""
    assert public_key_of(PARAMETERS[Scheme.P256], wrapping + P256_POINT) == (Scheme.P256, P256_DER)


@pytest.mark.parametrize("wrapping", [b"", b"\x04\x20", b"\x03\x21\x00"], ids=["bare", "octet string", "bit string"])
@pytest.mark.parametrize("parameters", ["06032b6570", "130c656477617264733235353139", "06092b06010401da470f01"])
def test_an_ed25519_point_is_read_under_each_of_its_names(parameters: str, wrapping: bytes) -> None:
    """The curve by its number, by name, or by its older number; the point bare or wrapped."""
    assert public_key_of(bytes.fromhex(parameters), wrapping + ED25519_POINT) == (Scheme.ED25519, ED25519_DER)


@pytest.mark.parametrize(
    ("parameters", "point"),
    [
        (bytes.fromhex("06052b81040023"), P256_POINT),
        (PARAMETERS[Scheme.P256], b""),
        (PARAMETERS[Scheme.P256], P256_POINT[:-1]),
        (PARAMETERS[Scheme.P256], b"\x04" + bytes(63) + b"\x01"),
        (PARAMETERS[Scheme.ED25519], ED25519_POINT[:-1]),
    ],
    ids=["another curve", "no point", "short point", "off the curve", "short Ed25519"],
)
def test_what_is_none_of_our_keys_is_passed_over(parameters: bytes, point: bytes) -> None:
    """A key that cannot be ours is none, without an error."""
    assert public_key_of(parameters, point) is None
