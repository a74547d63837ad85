"""An authority of virtual YubiKeys that the program takes for their maker, as long as a test lasts."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from fakes.virtual_yubikey.authority import DEVICE

from hsm.attestation import read_certificates
from hsm.attestation_pins import KINDS, YUBIKEY, Kind, Pin


def pin_authority(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """The certificates in the folder are the maker's, and no others are; its YubiKeys are called as they are."""
    patch.setattr("hsm.attestation_pins.PINS", tuple(map(_pin, read_certificates(folder))))
    kind = Kind(KINDS[YUBIKEY].key_name, re.compile(re.escape(DEVICE)))
    patch.setattr("hsm.attestation_chain.KINDS", {**KINDS, YUBIKEY: kind})


def _pin(der: bytes) -> Pin:
    (name,) = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    called = str(name.value)
    return Pin(sha256(der).hexdigest(), called, "", YUBIKEY if " PIV " in called else "")
