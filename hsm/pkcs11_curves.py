"""The curves of our schemes, as PKCS#11 names them."""

from collections.abc import Mapping

from hsm.device import Scheme

CURVES: Mapping[Scheme, tuple[bytes, ...]] = {
    Scheme.P256: (bytes.fromhex("06082a8648ce3d030107"),),
    Scheme.P384: (bytes.fromhex("06052b81040022"),),
    Scheme.P521: (bytes.fromhex("06052b81040023"),),
    Scheme.ED25519: (
        bytes.fromhex("06032b6570"),  # by its number in RFC 8410
        b"\x13\x0cedwards25519",  # by name, as PKCS#11 3.0 first wrote it (section 2.3.5)
        bytes.fromhex("06092b06010401da470f01"),  # by its older number, of GnuPG
    ),
}
"""CKA_EC_PARAMS of each curve, in DER: under every name it goes by, the usual one first."""
