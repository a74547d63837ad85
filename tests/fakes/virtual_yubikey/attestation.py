"""The statement a YubiKey makes about a key it generated: a certificate signed by the key in slot f9."""

import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from fakes.virtual_yubikey.apdu import Status, StatusError
from fakes.virtual_yubikey.authority import ARC, FIRMWARE
from fakes.virtual_yubikey.device import Device
from fakes.virtual_yubikey.slots import SlotKey

SERIAL, POLICY, FORM_FACTOR = (x509.ObjectIdentifier(f"{ARC}.{number}") for number in (7, 8, 9))
RANDOM_BYTES = 15


def statement(device: Device, slot: int, key: SlotKey, signer: SlotKey, certificate: x509.Certificate) -> bytes:
    """The statement in DER: this key was made in this slot of this device, under these policies.

    Raises: StatusError (INCORRECT_PARAMETERS) if the key came from outside, or the signer's kind cannot sign it.
    """
    if not key.is_generated or not isinstance(signer.private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise StatusError(Status.INCORRECT_PARAMETERS)
    subject = x509.NameAttribute(NameOID.COMMON_NAME, f"YubiKey PIV Attestation {slot:02x}")
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([subject]))
        .issuer_name(certificate.subject)
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
        .serial_number(int.from_bytes(b"\1" + os.urandom(RANDOM_BYTES), "big"))
        .public_key(key.private.public_key())
    )
    for oid, value in _claims(device, key):
        builder = builder.add_extension(
            x509.UnrecognizedExtension(oid, value),
            critical=False,
        )
    return builder.sign(signer.private, hashes.SHA256()).public_bytes(Encoding.DER)


def _claims(device: Device, key: SlotKey) -> tuple[tuple[x509.ObjectIdentifier, bytes], ...]:
    """The extensions. Only the serial is ASN.1: the device writes the others as bare bytes, without tag and length."""
    return (
        (FIRMWARE, bytes(device.firmware)),
        (SERIAL, _integer(device.serial)),
        (POLICY, bytes([key.pin_policy, key.touch_policy])),
        (FORM_FACTOR, bytes([device.form_factor])),
    )


def _integer(value: int) -> bytes:
    """An INTEGER in DER."""
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([0x02, len(content)]) + content
