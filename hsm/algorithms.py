"""What each scheme is made of, and which scheme a public key is for."""

from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.device import Scheme

ECDSA: Mapping[Scheme, tuple[EllipticCurve, HashAlgorithm]] = {
    Scheme.P256: (SECP256R1(), SHA256()),
    Scheme.P384: (SECP384R1(), SHA384()),
    Scheme.P521: (SECP521R1(), SHA512()),
}
RSA_BITS = range(3072, 4096 + 1)
"""The lengths of modulus that an RSA key of ours can have."""
RSA_EXPONENT = 65537
"""What a new RSA key is made with; one with a smaller exponent is none of ours."""


def scheme_of(public_der: bytes) -> Scheme | None:
    """The scheme a SubjectPublicKeyInfo in DER is for; None where it is none of ours, or no key at all."""
    try:
        public = load_der_public_key(public_der)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(public, Ed25519PublicKey):
        return Scheme.ED25519
    if isinstance(public, RSAPublicKey):
        is_ours = public.key_size in RSA_BITS and public.public_numbers().e >= RSA_EXPONENT
        return Scheme.RSA_PSS if is_ours else None
    if isinstance(public, EllipticCurvePublicKey):
        return next((scheme for scheme, (curve, _) in ECDSA.items() if curve.name == public.curve.name), None)
    return None
