"""One X.509 certificate of those that vouch for keys in devices: what it says, and whether one issued another.

`cryptography` reads it. Its judgement of whole chains is not asked for: certificates in devices that were sold break
rules of X.509 (some that issue do not say that they do), and what of that is forgiven changes with its versions.
"""

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

LARGEST_BYTES = 4_000
"""The largest of Yubico's, that of a root, has a third of this, and no YubiKey can hold one that is larger."""
YUBICO = "1.3.6.1.4.1.41482"
"""How the object identifiers of Yubico begin."""
RSA_BITS = range(2048, 8192 + 1)
"""The lengths of modulus with which a certificate may be issued."""

_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.ED25519,
    }
)
_KNOWN_DEMANDS = frozenset({ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE})
_NAME_LETTERS = 64  # X.509's limit
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


class CertificateError(ValueError):
    """A certificate cannot be read or believed; `what` says why, in words."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of which every part could be read; two are the same if their DER is.

    `name` and `issuer_name` are the common name, where that is the whole name, short and in plain letters, else "".
    `claims` are Yubico's extensions: from the dotted object identifier to the bytes inside. `may_issue` is whether it
    says that its key issues certificates, None where it says nothing of that.
    """

    der: bytes = field(repr=False)
    parsed: x509.Certificate = field(repr=False, compare=False)
    name: str = field(compare=False)
    issuer_name: str = field(compare=False)
    claims: Mapping[str, bytes] = field(repr=False, compare=False)
    may_issue: bool | None = field(compare=False)
    has_unknown_demand: bool = field(compare=False)

    @classmethod
    def read(cls, der: bytes) -> Self:
        """The certificate, whole and with nothing behind it.

        Raises: CertificateError.
        """
        if len(der) > LARGEST_BYTES:
            raise CertificateError(f"it has more than {LARGEST_BYTES} bytes")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of odd numbers and names, which are looked at here
                return cls._read(der)
        except CertificateError:
            raise
        except _UNREADABLE as error:
            raise CertificateError("it is no certificate, or not one as it should be") from error

    @classmethod
    def _read(cls, der: bytes) -> Self:
        parsed = x509.load_der_x509_certificate(der)
        if parsed.serial_number <= 0:
            raise CertificateError("its number is not a positive one")  # coming versions of cryptography say so too
        if not der.endswith(b"\x00" + parsed.signature):
            # cryptography 50 takes odd bits behind a signature: one certificate in two forms
            raise CertificateError("its signature is not one of whole bytes")
        found = list(parsed.extensions)
        return cls(
            der=der,
            parsed=parsed,
            name=_common_name(parsed.subject),
            issuer_name=_common_name(parsed.issuer),
            claims={each.oid.dotted_string: each.value.public_bytes() for each in found if _is_yubicos(each.oid)},
            may_issue=_may_issue(parsed.extensions),
            has_unknown_demand=any(
                each.critical and each.oid not in _KNOWN_DEMANDS and not _is_yubicos(each.oid) for each in found
            ),
        )

    @property
    def digest(self) -> str:
        """The SHA-256 of the certificate, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    def is_named_by(self, other: Self) -> bool:
        """Whether `other` gives this one's name as that of its issuer, in whatever kind of letters."""
        return other.parsed.issuer == self.parsed.subject

    def issued(self, other: Self) -> bool:
        """Whether `other` names this one as its issuer, byte for byte, and this one's key signed it.

        Anything weak or unknown (SHA-1, a short RSA key, another curve) signed nothing.
        """
        if not self.is_named_by(other) or other.parsed.signature_algorithm_oid not in _SIGNATURES:
            return False
        try:
            key = self.parsed.public_key()
            is_good = _is_taken(key) and (not isinstance(key, RSAPublicKey) or key.key_size in RSA_BITS)
            if is_good:
                other.parsed.verify_directly_issued_by(self.parsed)
        except (InvalidSignature, *_UNREADABLE):
            return False
        return is_good

    def public_der(self) -> bytes:
        """The SubjectPublicKeyInfo of its key, written as this program writes those of devices.

        Raises: CertificateError where it is none, or of a kind that nothing here signs with.
        """
        try:
            key = self.parsed.public_key()
        except _UNREADABLE as error:
            raise CertificateError("its key is of a kind that is not taken here, or none") from error
        if not _is_taken(key):
            raise CertificateError("its key is of a kind that is not taken here")
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _common_name(name: x509.Name) -> str:
    found = list(name)
    if len(found) != 1 or found[0].oid != NameOID.COMMON_NAME or not isinstance(found[0].value, str):
        return ""
    letters = found[0].value
    return letters if letters.isascii() and letters.isprintable() and len(letters) <= _NAME_LETTERS else ""


def _may_issue(extensions: x509.Extensions) -> bool | None:
    for each in extensions:
        if isinstance(each.value, x509.KeyUsage) and not each.value.key_cert_sign:
            return False
    return next((each.value.ca for each in extensions if isinstance(each.value, x509.BasicConstraints)), None)


def _is_yubicos(oid: x509.ObjectIdentifier) -> bool:
    return oid.dotted_string.startswith(f"{YUBICO}.")


def _is_taken(key: CertificatePublicKeyTypes) -> bool:
    if isinstance(key, EllipticCurvePublicKey):
        return key.curve.name in _CURVES
    return isinstance(key, RSAPublicKey | Ed25519PublicKey)
