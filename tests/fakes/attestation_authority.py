"""An authority of our own that makes attestations like Yubico's, of either family and of a YubiHSM, whole or spoiled.

It writes DER itself, because no library makes a certificate that is wrong on purpose.
"""

import base64
import hashlib
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA224, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.attestation_pins import YUBIHSM, YUBIKEY, Pin

PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
Extension: TypeAlias = tuple[bytes, bytes, bytes]
"""The object identifier, the BOOLEAN that says it is critical or b"", and what is inside the OCTET STRING."""

ED25519 = bytes.fromhex("300506032b6570")
RSA_SHA1, RSA_SHA224, RSA_SHA256, RSA_SHA384, RSA_SHA512 = (
    bytes.fromhex(f"300d06092a864886f70d0101{last}0500") for last in ("05", "0e", "0b", "0c", "0d")
)
RSA_SHA256_BARE = bytes.fromhex("300b06092a864886f70d01010b")
"""As some YubiKeys of firmware 5.7.4 write it: without the NULL."""
EC_SHA1, EC_SHA224, EC_SHA256, EC_SHA384, EC_SHA512 = (
    bytes.fromhex(each)
    for each in (
        "300906072a8648ce3d0401",
        "300a06082a8648ce3d040301",
        "300a06082a8648ce3d040302",
        "300a06082a8648ce3d040303",
        "300a06082a8648ce3d040304",
    )
)
HASHES: dict[bytes, HashAlgorithm] = {
    RSA_SHA1: SHA1(),  # noqa: S303 - to be refused
    RSA_SHA224: SHA224(),
    RSA_SHA256: SHA256(),
    RSA_SHA256_BARE: SHA256(),
    RSA_SHA384: SHA384(),
    RSA_SHA512: SHA512(),
    EC_SHA1: SHA1(),  # noqa: S303 - to be refused
    EC_SHA224: SHA224(),
    EC_SHA256: SHA256(),
    EC_SHA384: SHA384(),
    EC_SHA512: SHA512(),
}
YUBICO = bytes.fromhex("2b0601040182c40a")
CRITICAL = b"\x01\x01\xff"
CA_TRUE, CA_FALSE = b"\x30\x03\x01\x01\xff", b"\x30\x00"
BASIC_CONSTRAINTS, KEY_USAGE, KEY_IDENTIFIER = (bytes.fromhex(each) for each in ("551d13", "551d0f", "551d0e"))
SIGNS_CERTIFICATES, SIGNS_DATA = b"\x03\x02\x01\x06", b"\x03\x02\x07\x80"
EXPORTABLE_UNDER_WRAP, SIGN_ECDSA = 1 << 16, 1 << 7


@cache
def key(_name: str, kind: str = "P-256") -> PrivateKey:
    """The private key of whoever has this name: always the same, of this kind ("RSA 2048", "P-384", "Ed25519", ...)."""
    curves: dict[str, EllipticCurve] = {"P-384": SECP384R1(), "P-521": SECP521R1(), "secp256k1": SECP256K1()}
    if kind.startswith("RSA"):
        return generate_rsa(65537, int(kind.split()[1]))
    return Ed25519PrivateKey.generate() if kind == "Ed25519" else generate_private_key(curves.get(kind, SECP256R1()))


def public(private: PrivateKey) -> bytes:
    """The SubjectPublicKeyInfo of the key."""
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def tlv(tag: int, *content: bytes) -> bytes:
    """One value in DER."""
    joined = b"".join(content)
    length = len(joined)
    if length < 0x80:
        return bytes([tag, length]) + joined
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(digits)]) + digits + joined


def integer(value: int) -> bytes:
    """An INTEGER in DER; negative ones too."""
    return tlv(0x02, value.to_bytes((8 + (value + (value < 0)).bit_length()) // 8, "big", signed=True))


def name_of(common_name: str, tag: int = 0x0C) -> bytes:
    """A Name that is a common name and nothing else."""
    pair = tlv(0x30, tlv(0x06, bytes.fromhex("550403")), tlv(tag, common_name.encode()))
    return tlv(0x30, tlv(0x31, pair))


def extension(object_id: bytes, critical: bytes, value: bytes) -> bytes:
    """One extension in DER."""
    return tlv(0x30, tlv(0x06, object_id), critical, tlv(0x04, value))


@dataclass(frozen=True, slots=True)
class Form:
    """A certificate before it is signed; every field can be given a value that no authority would give it."""

    subject: bytes
    issuer: bytes
    key: bytes
    algorithm: bytes
    extensions: tuple[Extension, ...] = ()
    number: bytes = integer(0x1234)
    dates: bytes = tlv(0x30, tlv(0x17, b"160314000000Z"), tlv(0x18, b"20520417000000Z"))
    version: bytes = tlv(0xA0, integer(2))
    outer_algorithm: bytes = b""
    behind: bytes = b""

    def with_extension(self, object_id: bytes, value: bytes, critical: bytes = b"") -> "Form":
        """The same, saying this instead of what it says under this identifier, or besides."""
        others = tuple(each for each in self.extensions if each[0] != object_id)
        return replace(self, extensions=(*others, (object_id, critical, value)))

    def without(self, object_id: bytes) -> "Form":
        """The same, saying nothing under this identifier."""
        return replace(self, extensions=tuple(each for each in self.extensions if each[0] != object_id))

    def to_be_signed(self) -> bytes:
        """What the signature is over."""
        said = tlv(0xA3, tlv(0x30, *(extension(*each) for each in self.extensions))) if self.extensions else b""
        parts = (self.version, self.number, self.algorithm, self.issuer, self.dates, self.subject, self.key, said)
        return tlv(0x30, *parts, self.behind)

    def signed_by(self, private: PrivateKey) -> bytes:
        """The certificate, in DER."""
        return sealed(self.to_be_signed(), self.outer_algorithm or self.algorithm, private)


def sealed(to_be_signed: bytes, algorithm: bytes, private: PrivateKey) -> bytes:
    """A certificate of these bytes, whatever they are."""
    if isinstance(private, RSAPrivateKey):
        signature = private.sign(to_be_signed, PKCS1v15(), HASHES.get(algorithm, SHA256()))
    elif isinstance(private, EllipticCurvePrivateKey):
        signature = private.sign(to_be_signed, ECDSA(HASHES.get(algorithm, SHA256())))
    else:
        signature = private.sign(to_be_signed)
    return tlv(0x30, to_be_signed, algorithm, tlv(0x03, b"\x00", signature))


def algorithm_of(private: PrivateKey) -> bytes:
    """What such a key usually signs with."""
    if isinstance(private, RSAPrivateKey):
        return RSA_SHA256
    return EC_SHA256 if isinstance(private, EllipticCurvePrivateKey) else ED25519


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody who vouches for others: the certificate in DER, and the key."""

    common_name: str
    certificate: bytes
    private: PrivateKey = field(repr=False)

    @property
    def name(self) -> bytes:
        """What those below it call their issuer."""
        return name_of(self.common_name)

    def form(self, subject: bytes, subject_key: bytes, *extensions: Extension) -> Form:
        """A certificate that is to be signed by this one."""
        return Form(subject, self.name, subject_key, algorithm_of(self.private), extensions)

    def sign(self, form: Form) -> bytes:
        """The certificate, in DER."""
        return form.signed_by(self.private)


def issuer(common_name: str, above: Issuer | None = None, kind: str = "P-256", *said: Extension) -> Issuer:
    """An authority or a device of this name, below another one, or a root; `said` instead of that it is one."""
    private = key(common_name, kind)
    signer = above or Issuer(common_name, b"", private)
    extensions = said or ((BASIC_CONSTRAINTS, CRITICAL, CA_TRUE), (KEY_USAGE, CRITICAL, SIGNS_CERTIFICATES))
    form = signer.form(name_of(common_name), public(private), *extensions)
    return Issuer(common_name, signer.sign(form), private)


@dataclass(frozen=True, slots=True)
class Family:
    """One way in which devices are vouched for: the authorities, the root last, and one device below the first."""

    kind: str
    device: Issuer
    above: tuple[Issuer, ...]

    @property
    def authorities(self) -> tuple[bytes, ...]:
        """The certificates that a folder holds."""
        return tuple(each.certificate for each in self.above)

    def leaf(self) -> Form:
        """What the device says of a key in it, before it signs that."""
        return yubihsm_key(self.device) if self.kind == YUBIHSM else yubikey_key(self.device)

    def gives(self, leaf: Form | None = None) -> tuple[bytes, ...]:
        """What the device gives: the certificate of its key, and its own."""
        return (self.device.sign(leaf or self.leaf()), self.device.certificate)

    def pins(self) -> tuple[Pin, ...]:
        """Pins that make this family one of a maker's."""
        kinds = (self.kind, *("" for _ in self.above[1:]))
        return tuple(pin_for(each, kind) for each, kind in zip(self.above, kinds, strict=True))


def pin_for(pinned: Issuer, vouches_for: str = "") -> Pin:
    """A pin of the certificate of this authority."""
    digest = hashlib.sha256(pinned.certificate).hexdigest()
    return Pin(digest, pinned.common_name, "example.org/certificates.pem", vouches_for)


def old_family(kind: str = "P-256") -> Family:
    """As before firmware 5.7.4: root, device; the device's certificate does not say that it vouches for others."""
    root = issuer("Test PIV Root CA", None, kind)
    firmware = (YUBICO + b"\x03\x03", b"", bytes([5, 4, 3]))
    return Family(YUBIKEY, issuer("Yubico PIV Attestation", root, kind, firmware), (root,))


def new_family(kind: str = "P-256") -> Family:
    """As from firmware 5.7.4: root, two intermediates, device."""
    root = issuer("Test Attestation Root 1", None, kind)
    middle = issuer("Test Attestation Intermediate B 1", root, kind)
    lower = issuer("Test PIV Attestation B 1", middle, kind)
    return Family(YUBIKEY, issuer("YubiKey PIV Attestation", lower, kind), (lower, middle, root))


def yubihsm_family(kind: str = "P-256") -> Family:
    """As YubiHSM 2 devices are: root, intermediate, device."""
    root = issuer("Test YubiHSM Root CA", None, kind)
    lower = issuer("Test YubiHSM 1 Sub-CA", root, kind)
    serial = (YUBICO + b"\x04\x02", b"", integer(13200460))
    said = (serial, (BASIC_CONSTRAINTS, CRITICAL, CA_TRUE))
    return Family(YUBIHSM, issuer("YubiHSM Attestation (13200460)", lower, kind, *said), (lower, root))


def yubikey_key(device: Issuer, slot: str = "9c", holder: str = "ann") -> Form:
    """What a YubiKey says of the key in a slot: firmware 5.4.3, serial 14833186, PIN and touch always, USB-A."""
    return device.form(
        name_of(f"YubiKey PIV Attestation {slot}"),
        public(key(f"{holder}'s key")),
        (YUBICO + b"\x03\x03", b"", bytes([5, 4, 3])),
        (YUBICO + b"\x03\x07", b"", integer(14833186)),
        (YUBICO + b"\x03\x08", b"", bytes([3, 2])),
        (YUBICO + b"\x03\x09", b"", bytes([1])),
    )


def yubihsm_key(device: Issuer, number: int = 3, capabilities: int = SIGN_ECDSA) -> Form:
    """What a YubiHSM says of an object: firmware 2.4.1, serial 13200460, made inside."""
    return device.form(
        name_of(f"YubiHSM Attestation id:0x{number:04x}"),
        public(key("ann's key")),
        (YUBICO + b"\x04\x01", b"", tlv(0x04, bytes([2, 4, 1]))),
        (YUBICO + b"\x04\x02", b"", integer(13200460)),
        (YUBICO + b"\x04\x03", b"", tlv(0x03, b"\x00\x01")),
        (YUBICO + b"\x04\x04", b"", tlv(0x03, b"\x00\x00\x01")),
        (YUBICO + b"\x04\x05", b"", tlv(0x03, b"\x00", capabilities.to_bytes(8, "big"))),
        (YUBICO + b"\x04\x06", b"", integer(number)),
        (YUBICO + b"\x04\x09", b"", tlv(0x0C, b"root")),
    )


FAMILIES = {"old": old_family, "new": new_family, "yubihsm": yubihsm_family}


def pem(*certificates: bytes) -> bytes:
    """The certificates as people pass them on."""
    begin, end = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    return b"".join(begin + base64.encodebytes(each) + end for each in certificates)
