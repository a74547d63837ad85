"""The certificate beside a key of a YubiKey: it bears the key's label, and nothing else in it is believed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from ykman.piv import sign_certificate_builder
from yubikit.core import BadResponseError, Tlv
from yubikit.core.smartcard import SW, ApduError
from yubikit.piv import (
    KEY_TYPE,
    OBJECT_ID,
    SLOT,
    TAG_CERT_INFO,
    TAG_CERTIFICATE,
    PivSession,
    decompress_certificate,
)

from hsm.shown import printable

LONGEST_LABEL = 64
"""Bytes in a common name, as X.509 has it."""

_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
_FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280's way of saying that there is no end
_COMPRESSED = b"\x01"
_SEQUENCE, _VERSION, _EXTENSIONS = 0x30, 0xA0, 0xA3
_COMMON_NAME = bytes.fromhex("550403")
_POLICIES = bytes.fromhex("2b0601040182c40a0308")  # in an attestation: one byte for the PIN, one for the touch
_MALFORMED = (ValueError, LookupError, EOFError, RecursionError, BadResponseError)


@dataclass(frozen=True, slots=True)
class Beside:
    """A certificate in a slot, or an attestation. What cannot be read in it is empty.

    `content` is the certificate in DER, or all that lies there where it is none. `policies` are the two bytes of an
    attestation.
    """

    content: bytes = field(repr=False)
    public_der: bytes = field(default=b"", repr=False)
    label: str = ""
    policies: bytes = field(default=b"", repr=False)


def read(session: PivSession, slot: SLOT) -> Beside | None:
    """The certificate in this slot, None where there is none.

    Raises: PcscError; ApduError.
    """
    try:
        content = session.get_object(OBJECT_ID.from_slot(slot))
    except ApduError as error:
        if error.sw == SW.FILE_NOT_FOUND:
            return None
        raise
    return _unpacked(content) if content else None


def parse(der: bytes) -> Beside:
    """The certificate, as far as it can be read.

    cryptography is not asked: it warns of every oddity of a stranger's certificate, in the midst of the screen.
    """
    try:
        whole = Tlv.parse_list(Tlv.unpack(_SEQUENCE, der))
        parts = Tlv.parse_list(Tlv.unpack(_SEQUENCE, whole[0]))
        _, _, _, _, subject, key, *others = parts[1:] if parts[0].tag == _VERSION else parts
        return Beside(der, bytes(key), _common_name(subject.value), _policies(others))
    except _MALFORMED:
        return Beside(der)


def sign_own(session: PivSession, slot: SLOT, public: CertificatePublicKeyTypes, label: str) -> x509.Certificate:
    """A certificate of this key by itself, for ever; its slot signs it, so that its PIN was proved just before.

    Raises: PcscError; any error of yubikit.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
    builder = (
        x509.CertificateBuilder()
        .public_key(public)
        .subject_name(name)
        .issuer_name(name)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_FOR_EVER)
    )
    kind = KEY_TYPE.from_public_key(public)
    hashed = SHA384 if kind is KEY_TYPE.ECCP384 else SHA256
    return sign_certificate_builder(session, slot, kind, builder, hashed)


def public_der(public: PublicKeyTypes) -> bytes:
    """The SubjectPublicKeyInfo of a key."""
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _unpacked(content: bytes) -> Beside:
    try:
        fields = Tlv.parse_dict(content)
        packed = fields[TAG_CERTIFICATE]
        der = decompress_certificate(packed) if fields.get(TAG_CERT_INFO) == _COMPRESSED else packed
    except _MALFORMED:
        return Beside(content)
    return parse(der)


def _common_name(subject: bytes) -> str:
    for part in Tlv.parse_list(subject):
        for attribute in Tlv.parse_list(part.value):
            kind, value = Tlv.parse_list(attribute.value)
            if kind.value == _COMMON_NAME:
                return printable(value.value.decode(errors="replace"))
    return ""


def _policies(others: list[Tlv]) -> bytes:
    for listed in others:
        if listed.tag == _EXTENSIONS:
            for extension in Tlv.parse_list(Tlv.unpack(_SEQUENCE, listed.value)):
                kind, *_, value = Tlv.parse_list(extension.value)
                if kind.value == _POLICIES:
                    return value.value
    return b""
