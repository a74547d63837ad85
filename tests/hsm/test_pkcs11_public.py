"""Public halves as PKCS#11 modules write them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import Scheme
from hsm.pkcs11_curves import CURVES
from hsm.pkcs11_public import public_key_of_rsa, public_key_on_curve

P256_PARAMETERS, ED25519_PARAMETERS = CURVES[Scheme.P256][0], CURVES[Scheme.ED25519][0]
P256 = ec.generate_private_key(ec.SECP256R1()).public_key()
ED25519 = ed25519.Ed25519PrivateKey.generate().public_key()
P256_POINT = P256.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
ED25519_POINT = ED25519.public_bytes_raw()
P256_DER = P256.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ED25519_DER = ED25519.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("wrapping", [b"", b"\x04\x41"], ids=["bare", "octet string"])
def test_a_p256_point_is_read_bare_or_wrapped(wrapping: bytes) -> None:
    """Modules write the point either way; the key is the same."""
    assert public_key_on_curve(P256_PARAMETERS, wrapping + P256_POINT) == (Scheme.P256, P256_DER)


@pytest.mark.parametrize(
    ("scheme", "curve", "wrapping"),
    [
        (Scheme.P384, ec.SECP384R1(), b"\x04\x61"),
        (Scheme.P521, ec.SECP521R1(), b"\x04\x81\x85"),
    ],
    ids=["P-384", "P-521"],
)
def test_a_point_on_a_longer_curve_is_read_bare_or_wrapped(
    scheme: Scheme, curve: ec.EllipticCurve, wrapping: bytes
) -> None:
    """Also where the length of the wrapping takes two bytes."""
    public = ec.generate_private_key(curve).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for each in (point, wrapping + point):
        assert public_key_on_curve(CURVES[scheme][0], each) == (scheme, der)


@pytest.mark.parametrize("wrapping", [b"", b"\x04\x20", b"\x03\x21\x00"], ids=["bare", "octet string", "bit string"])
@pytest.mark.parametrize("parameters", ["06032b6570", "130c656477617264733235353139", "06092b06010401da470f01"])
def test_an_ed25519_point_is_read_under_each_of_its_names(parameters: str, wrapping: bytes) -> None:
    """The curve by its number, by name, or by its older number; the point bare or wrapped."""
    assert public_key_on_curve(bytes.fromhex(parameters), wrapping + ED25519_POINT) == (Scheme.ED25519, ED25519_DER)


@pytest.mark.parametrize(
    ("parameters", "point"),
    [
        (bytes.fromhex("06052b8104000a"), P256_POINT),
        (P256_PARAMETERS, b""),
        (P256_PARAMETERS, P256_POINT[:-1]),
        (P256_PARAMETERS, b"\x04" + bytes(63) + b"\x01"),
        (ED25519_PARAMETERS, ED25519_POINT[:-1]),
    ],
    ids=["another curve", "no point", "short point", "off the curve", "short Ed25519"],
)
def test_what_is_none_of_our_keys_is_passed_over(parameters: bytes, point: bytes) -> None:
    """A key that cannot be ours is none, without an error."""
    assert public_key_on_curve(parameters, point) is None


@pytest.mark.parametrize("bits", [3072, 4096])
def test_an_rsa_key_is_read_from_its_two_numbers(bits: int) -> None:
    """Long enough, it is a key of ours; a zero before the modulus changes nothing."""
    public = rsa.generate_private_key(65537, bits).public_key()
    modulus = public.public_numbers().n.to_bytes(bits // 8)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for each in (modulus, b"\0" + modulus):
        assert public_key_of_rsa(each, b"\x01\0\x01") == (Scheme.RSA_PSS, der)


@pytest.mark.parametrize(
    ("modulus", "exponent"),
    [
        (b"", b""),
        (b"\xff" * 256, b"\x01\0\x01"),
        (b"\xff" * 383, b"\x01\0\x01"),
        (b"\xff" * 513, b"\x01\0\x01"),
        (b"\xff" * 384, b"\x03"),
        (b"\xff" * 384, b"\x02"),
        (b"\xff" * 384, b""),
    ],
    ids=["nothing", "2048 bits", "3064 bits", "4104 bits", "small exponent", "even exponent", "no exponent"],
)
def test_an_rsa_key_that_is_not_ours_is_passed_over(modulus: bytes, exponent: bytes) -> None:
    """Too short, too long or too simple: it is none of ours, without an error."""
    assert public_key_of_rsa(modulus, exponent) is None
