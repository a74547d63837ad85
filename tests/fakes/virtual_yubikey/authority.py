"""Who vouches for the keys at the factory: chains shaped like Yubico's, of keys that live in memory only."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from fakes.virtual_yubikey.device import Device

Family = Literal["old", "new"]
Life = tuple[datetime, datetime]

OLD_LIFE = (datetime(2016, 3, 14, tzinfo=UTC), datetime(2052, 4, 17, tzinfo=UTC))
NEW_LIFE = (datetime(2024, 12, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
OLD_ROOT = "Yubico Test PIV Root CA Serial 1"
NEW_ROOT = "Yubico Test Attestation Root 1"
NEW_INTERMEDIATES = ("Yubico Test Attestation Intermediate A 1", "Yubico Test PIV Attestation A 1")
DEVICE = "Yubico Test PIV Attestation"
DEVICE_SERIAL_BYTES = 8
ARC = "1.3.6.1.4.1.41482.3"
FIRMWARE = x509.ObjectIdentifier(f"{ARC}.3")
USAGE = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate and the key that signs below it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def name(self) -> str:
        """The common name, which is all of the name."""
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


class YubicoLikeAuthority:
    """A root, and the intermediates between it and the devices, the root's child first.

    Of the old family there are none (firmware before 5.7.4); of the new one there are two.
    """

    def __init__(self, family: Family, chain: Sequence[Issuer], *, device_is_ca: bool) -> None:
        self.family = family
        self._chain = tuple(chain)
        self._device_is_ca = device_is_ca

    @classmethod
    def make(cls, family: Family, *, device_is_ca: bool | None = None) -> Self:
        """An authority like no other: two of one family have the same names and different keys.

        `device_is_ca` says whether the certificates in slot f9 call themselves a CA's: by default those of the new
        family do. In the field they all do but for the YubiKey 4's, whose firmware is before 5.
        """
        device_is_ca = family == "new" if device_is_ca is None else device_is_ca
        if family == "old":
            return cls(family, [_root(OLD_ROOT, OLD_LIFE)], device_is_ca=device_is_ca)
        chain = [_root(NEW_ROOT, NEW_LIFE)]
        for depth, name in enumerate(NEW_INTERMEDIATES):
            chain.append(_below(chain[-1], name, NEW_LIFE, path_length=len(NEW_INTERMEDIATES) - depth))
        return cls(family, chain, device_is_ca=device_is_ca)

    @property
    def root(self) -> x509.Certificate:
        """The certificate that signed itself."""
        return self._chain[0].certificate

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """What a verifier needs besides: it is not on the devices."""
        return tuple(issuer.certificate for issuer in self._chain[1:])

    def save(self, folder: Path) -> None:
        """Each certificate is a PEM file in the folder; no key is."""
        for issuer in self._chain:
            path = folder / f"{issuer.name.lower().replace(' ', '-')}.pem"
            path.write_bytes(issuer.certificate.public_bytes(Encoding.PEM))

    def equip(self, device: Device) -> Issuer:
        """A new key and certificate for slot f9 of this device."""
        key, issuer = _key(), self._chain[-1]
        builder = _builder(DEVICE, issuer.name, OLD_LIFE if self.family == "old" else NEW_LIFE, key)
        builder = builder.serial_number(int.from_bytes(os.urandom(DEVICE_SERIAL_BYTES), "big") | 1)
        firmware = x509.UnrecognizedExtension(FIRMWARE, bytes(device.firmware))
        builder = builder.add_extension(firmware, critical=False)
        if self._device_is_ca:
            builder = builder.add_extension(_constraints(0), critical=True)
        return Issuer(builder.sign(issuer.key, hashes.SHA256()), key)


def _root(name: str, life: Life) -> Issuer:
    """A root that signed itself."""
    key = _key()
    builder = _builder(name, name, life, key).serial_number(x509.random_serial_number())
    return Issuer(builder.add_extension(_constraints(None), critical=True).sign(key, hashes.SHA256()), key)


def _below(issuer: Issuer, name: str, life: Life, path_length: int) -> Issuer:
    """An intermediate that this issuer vouches for."""
    key, above = _key(), issuer.key.public_key()
    builder = (
        _builder(name, issuer.name, life, key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
        .add_extension(_constraints(path_length), critical=True)
        .add_extension(USAGE, critical=True)
    )
    return Issuer(builder.sign(issuer.key, hashes.SHA256()), key)


def _key() -> rsa.RSAPrivateKey:
    """A key as all of Yubico's are: RSA of 2048 bits."""
    return rsa.generate_private_key(65537, 2048)


def _constraints(path_length: int | None) -> x509.BasicConstraints:
    """That this is a CA, with so many more between it and an attestation; None sets no limit."""
    return x509.BasicConstraints(ca=True, path_length=path_length)


def _builder(name: str, issuer: str, life: Life, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    """A certificate to be, without serial number and extensions."""
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .public_key(key.public_key())
    )


def _name(common_name: str) -> x509.Name:
    """A name that is a common name and nothing else."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
