"""The asymmetric algorithms of PIV on a YubiKey: what a private key does with the bytes of a command."""

from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes.virtual_yubikey.apdu import Status, StatusError
from fakes.virtual_yubikey.device import Firmware
from fakes.virtual_yubikey.tlv import tlv

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | x25519.X25519PublicKey

EXPONENT = 65537
MODULUS_TAG, EXPONENT_TAG, POINT_TAG = 0x81, 0x82, 0x86
SCALAR_TAG, SEED_TAG, X25519_TAG = 0x06, 0x07, 0x08


class Algorithm(IntEnum):
    """The algorithms, by the number PIV gives them."""

    RSA1024 = 0x06
    RSA2048 = 0x07
    RSA3072 = 0x05
    RSA4096 = 0x16
    P256 = 0x11
    P384 = 0x14
    ED25519 = 0xE0
    X25519 = 0xE1


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve, and the hash as long as its numbers."""

    curve: ec.EllipticCurve
    digest: hashes.HashAlgorithm


RSA_BITS = {Algorithm.RSA1024: 1024, Algorithm.RSA2048: 2048, Algorithm.RSA3072: 3072, Algorithm.RSA4096: 4096}
CURVES = {
    Algorithm.P256: Curve(ec.SECP256R1(), hashes.SHA256()),
    Algorithm.P384: Curve(ec.SECP384R1(), hashes.SHA384()),
}
SINCE_5_7 = {Algorithm.RSA3072, Algorithm.RSA4096, Algorithm.ED25519, Algorithm.X25519}


def algorithm(number: int, firmware: Firmware) -> Algorithm:
    """The algorithm with this number.   Raises: StatusError (INCORRECT_PARAMETERS) if this firmware has none."""
    try:
        found = Algorithm(number)
    except ValueError:
        raise StatusError(Status.INCORRECT_PARAMETERS) from None
    if found in SINCE_5_7 and firmware < (5, 7, 0):
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return found


def generated(kind: Algorithm) -> PrivateKey:
    """A new private key. RSA takes its time: a tenth of a second for 2048 bits, seconds for 4096."""
    if kind in RSA_BITS:
        return rsa.generate_private_key(EXPONENT, RSA_BITS[kind])
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind].curve)
    return ed25519.Ed25519PrivateKey.generate() if kind is Algorithm.ED25519 else x25519.X25519PrivateKey.generate()


def imported(kind: Algorithm, parts: dict[int, bytes]) -> PrivateKey:
    """The private key with these parts, by tag.   Raises: StatusError (INCORRECT_PARAMETERS) if they make none."""
    try:
        if kind in RSA_BITS:
            return _rsa(parts, RSA_BITS[kind])
        if kind in CURVES:
            return ec.derive_private_key(int.from_bytes(parts[SCALAR_TAG], "big"), CURVES[kind].curve)
        if kind is Algorithm.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(parts[SEED_TAG])
        return x25519.X25519PrivateKey.from_private_bytes(parts[X25519_TAG])
    except (KeyError, ValueError, UnsupportedAlgorithm):
        raise StatusError(Status.INCORRECT_PARAMETERS) from None


def _rsa(parts: dict[int, bytes], bits: int) -> rsa.RSAPrivateKey:
    """The key of two primes; the rest of the parts follows from them, so a part that does not is an error."""
    p, q, dp, dq, inverse = (int.from_bytes(parts[tag], "big") for tag in range(1, 6))
    if (p * q).bit_length() != bits:
        raise ValueError
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, inverse, public).private_key()


def public_bytes(key: PublicKey) -> bytes:
    """The public key as PIV answers with it: modulus and exponent, or a point."""
    if isinstance(key, rsa.RSAPublicKey):
        modulus = key.public_numbers().n.to_bytes(key.key_size // 8, "big")
        return tlv(MODULUS_TAG, modulus) + tlv(EXPONENT_TAG, EXPONENT.to_bytes(3, "big"))
    if isinstance(key, ec.EllipticCurvePublicKey):
        return tlv(POINT_TAG, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return tlv(POINT_TAG, key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign(key: PrivateKey, data: bytes) -> bytes:
    """What the key makes of a challenge: RSA of padded bytes, ECDSA of a digest, Ed25519 of a whole message.

    Raises: StatusError (INCORRECT_PARAMETERS) if the data has not the length the key wants, or it only agrees.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        return _power(key, data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _ecdsa(key, data)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    raise StatusError(Status.INCORRECT_PARAMETERS)


def agree(key: PrivateKey, point: bytes) -> bytes:
    """The secret shared with the owner of this point.   Raises: StatusError (INCORRECT_PARAMETERS) if there is none."""
    try:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point))
        if isinstance(key, x25519.X25519PrivateKey):
            return key.exchange(x25519.X25519PublicKey.from_public_bytes(point))
    except ValueError:
        pass
    raise StatusError(Status.INCORRECT_PARAMETERS)


def _power(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    """RSA without any padding, by the Chinese remainders."""
    numbers = key.private_numbers()
    size, number = key.key_size // 8, int.from_bytes(data, "big")
    if len(data) != size or number >= numbers.public_numbers.n:
        raise StatusError(Status.INCORRECT_PARAMETERS)
    by_p, by_q = pow(number, numbers.dmp1, numbers.p), pow(number, numbers.dmq1, numbers.q)
    return (by_q + (by_p - by_q) * numbers.iqmp % numbers.p * numbers.q).to_bytes(size, "big")


def _ecdsa(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """ECDSA in DER; a digest shorter than the curve is a smaller number."""
    curve = next(each for each in CURVES.values() if each.curve.name == key.curve.name)
    size = curve.digest.digest_size
    if not 0 < len(digest) <= size:
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return key.sign(digest.rjust(size, b"\0"), ec.ECDSA(Prehashed(curve.digest)))
