"""How PKCS#11 writes the public half of our keys (CKA_EC_PARAMS, CKA_EC_POINT), turned into SubjectPublicKeyInfo."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms import ECDSA
from hsm.device import Scheme

PARAMETERS: Mapping[Scheme, bytes] = {
    Scheme.P256: bytes.fromhex("06082a8648ce3d030107"),
    Scheme.P384: bytes.fromhex("06052b81040022"),
    Scheme.ED25519: bytes.fromhex("06032b6570"),
}
_SCHEMES = {parameters: scheme for scheme, parameters in PARAMETERS.items()} | {
    b"\x13\x0cedwards25519": Scheme.ED25519,  # the same curve by name, PKCS#11 3.0 section 2.3.5
    bytes.fromhex("06092b06010401da470f01"): Scheme.ED25519,  # and by its older number, of GnuPG
}
_POINT_BYTES = {Scheme.P256: 65, Scheme.P384: 97, Scheme.ED25519: 32}


def public_key_of(parameters: bytes, point: bytes) -> tuple[Scheme, bytes] | None:
    """The scheme and SubjectPublicKeyInfo in DER; None where the key is none of ours.

    The point may stand bare, or wrapped as OCTET STRING or BIT STRING: modules differ, and its length is known.
    """
    scheme = _SCHEMES.get(parameters)
    if scheme is None:
        return None
    try:
        public = _load(scheme, point[-_POINT_BYTES[scheme] :])
    except ValueError:
        return None
    return scheme, public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _load(scheme: Scheme, bare: bytes) -> EllipticCurvePublicKey | Ed25519PublicKey:
    if scheme in ECDSA:
        return EllipticCurvePublicKey.from_encoded_point(ECDSA[scheme][0], bare)
    return Ed25519PublicKey.from_public_bytes(bare)
