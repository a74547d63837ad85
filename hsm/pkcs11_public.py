"""How PKCS#11 writes the public half of our keys, turned into SubjectPublicKeyInfo."""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms import ECDSA, scheme_of
from hsm.device import Scheme
from hsm.pkcs11_curves import CURVES

_SCHEMES = {parameters: scheme for scheme, names in CURVES.items() for parameters in names}
_POINT_BYTES = {Scheme.P256: 65, Scheme.P384: 97, Scheme.P521: 133, Scheme.ED25519: 32}


def public_key_on_curve(parameters: bytes, point: bytes) -> tuple[Scheme, bytes] | None:
    """The scheme and SubjectPublicKeyInfo in DER of CKA_EC_PARAMS and CKA_EC_POINT; None where the key is none of ours.

    The point may stand bare, or wrapped as OCTET STRING or BIT STRING: modules differ, and its length is known.
    """
    scheme = _SCHEMES.get(parameters)
    if scheme is None:
        return None
    try:
        return scheme, _der(_load(scheme, point[-_POINT_BYTES[scheme] :]))
    except ValueError:
        return None


def public_key_of_rsa(modulus: bytes, exponent: bytes) -> tuple[Scheme, bytes] | None:
    """The scheme and SubjectPublicKeyInfo in DER of CKA_MODULUS and CKA_PUBLIC_EXPONENT; None where it is not ours."""
    try:
        der = _der(RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus)).public_key())
    except ValueError:
        return None
    scheme = scheme_of(der)
    return None if scheme is None else (scheme, der)


def _load(scheme: Scheme, bare: bytes) -> EllipticCurvePublicKey | Ed25519PublicKey:
    if scheme in ECDSA:
        return EllipticCurvePublicKey.from_encoded_point(ECDSA[scheme][0], bare)
    return Ed25519PublicKey.from_public_bytes(bare)


def _der(public: EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
