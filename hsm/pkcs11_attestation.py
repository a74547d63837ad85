"""Which of the certificates on a token attest one of its keys in the maker's name."""

from collections.abc import Iterable, Iterator, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    InvalidVersion,
    UnsupportedGeneralNameType,
    load_der_x509_certificate,
)

# Yubico's arcs of attestation: of YubiKeys, and of YubiHSMs. A certificate without them, such as one that somebody
# wrote beside the key, says nothing of where the key was made.
_MAKERS_ARCS = ("1.3.6.1.4.1.41482.3.", "1.3.6.1.4.1.41482.4.")
_LONGEST_CHAIN = 5
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    DuplicateExtension,
    InvalidVersion,
    UnsupportedGeneralNameType,
)


def attestation_of(public_der: bytes, on_token: Iterable[bytes]) -> tuple[bytes, ...]:
    """The certificate that attests the key, then those on the token that lead up from it, in DER; () where none does.

    `public_der` is a SubjectPublicKeyInfo in DER. Nothing is checked.
    """
    certificates = tuple(_readable(on_token))
    own = next((each for each in certificates if _attests(each, public_der)), None)
    return () if own is None else tuple(each.public_bytes(Encoding.DER) for each in _chain(own, certificates))


def _readable(on_token: Iterable[bytes]) -> Iterator[Certificate]:
    for der in on_token:
        try:
            certificate = load_der_x509_certificate(der)
            _ = certificate.subject, certificate.issuer, certificate.extensions, _public_der(certificate)
        except _UNREADABLE:
            continue  # whatever it is, it attests nothing
        yield certificate


def _attests(certificate: Certificate, public_der: bytes) -> bool:
    is_makers = any(each.oid.dotted_string.startswith(_MAKERS_ARCS) for each in certificate.extensions)
    return is_makers and _public_der(certificate) == public_der


def _chain(own: Certificate, certificates: Sequence[Certificate]) -> Iterator[Certificate]:
    """The certificate, then each next one that bears the name of its issuer, as far as the token has them."""
    for _ in range(_LONGEST_CHAIN):
        yield own
        above = [each for each in certificates if each.subject == own.issuer and each.subject != own.subject]
        if not above:
            return
        own = above[0]


def _public_der(certificate: Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
