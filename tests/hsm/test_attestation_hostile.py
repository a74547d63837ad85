"""Certificates from devices that lie: whatever they hold, they are refused or believed, and nothing else happens."""

from dataclasses import replace

import pytest
from cryptography.x509 import load_der_x509_certificate
from fakes.attestation_authority import (
    BASIC_CONSTRAINTS,
    CA_TRUE,
    EC_SHA256,
    EC_SHA384,
    FAMILIES,
    KEY_IDENTIFIER,
    YUBICO,
    Form,
    extension,
    integer,
    key,
    name_of,
    public,
    sealed,
    tlv,
)
from hypothesis import example, given
from hypothesis.strategies import binary, integers, lists, sampled_from

from hsm.attestation import Attested, attest
from hsm.attestation_certificate import LARGEST_BYTES
from hsm.errors import AttestationRefusedError

MADE = {name: make() for name, make in FAMILIES.items()}
CHAINS = {name: (*family.gives(), *family.authorities) for name, family in MADE.items()}
OLD = MADE["old"]
LEAF = OLD.leaf()
OTHER_NAME = bytes.fromhex("551d11")
X25519 = bytes.fromhex("302a300506032b656e032100") + bytes(32)


def believed(*certificates: bytes) -> Attested | None:
    """What is attested, None where it is refused in words that can be shown; any other error is the test's."""
    try:
        return attest("1", certificates, OLD.authorities)
    except AttestationRefusedError as error:
        refused = error
    assert refused.what.isascii()
    assert refused.what.isprintable()
    assert refused.serial == "1"
    return None


def with_odd_bits() -> bytes:
    """A certificate whose signature is said to end a bit before the end, where that bit is zero."""
    whole = next(each for each in (OLD.device.sign(LEAF) for _ in range(200)) if each[-1] % 2 == 0)
    signature = signature_in(whole)
    return whole[: -len(signature)] + b"\x01" + signature[1:]


def signature_in(certificate: bytes) -> bytes:
    """The content of the BIT STRING at the end of a certificate."""
    signature = load_der_x509_certificate(certificate).signature
    return certificate[-len(signature) - 1 :]


DEFECTS = {
    "no bytes": b"",
    "something else": b"\x05\x00",
    "a text": b"-----BEGIN CERTIFICATE-----",
    "too large": OLD.device.sign(LEAF.with_extension(YUBICO + b"\x63", bytes(LARGEST_BYTES))),
    "cut off": OLD.device.sign(LEAF)[:-1],
    "something behind it": OLD.device.sign(LEAF) + b"\x00",
    "something behind the last field": OLD.device.sign(replace(LEAF, behind=b"\x05\x00")),
    "two extensions of one kind": OLD.device.sign(replace(LEAF, extensions=LEAF.extensions * 2)),
    "a negative number": OLD.device.sign(replace(LEAF, number=integer(-5))),
    "the number zero": OLD.device.sign(replace(LEAF, number=integer(0))),
    "a number with a needless byte": OLD.device.sign(replace(LEAF, number=b"\x02\x02\x00\x01")),
    "a number that is a text": OLD.device.sign(replace(LEAF, number=tlv(0x0C, b"5"))),
    "odd bits behind its signature": with_odd_bits(),
    "two algorithms": OLD.device.sign(replace(LEAF, outer_algorithm=EC_SHA384)),
    "a date that is none": OLD.device.sign(replace(LEAF, dates=tlv(0x30, tlv(0x17, b"1"), tlv(0x17, b"2")))),
    "a truth that is neither": OLD.device.sign(LEAF.with_extension(KEY_IDENTIFIER, b"\x04\x01\x01", b"\x01\x01\x01")),
    "constraints that are none": OLD.device.sign(LEAF.with_extension(BASIC_CONSTRAINTS, b"\x30\x03\x02\x01\x01")),
    "an extension that is none": OLD.device.sign(LEAF.with_extension(KEY_IDENTIFIER, b"\x30")),
    "another name of an odd kind": OLD.device.sign(LEAF.with_extension(OTHER_NAME, b"\x30\x02\xa3\x00")),
    "a version that is none": OLD.device.sign(replace(LEAF, version=tlv(0xA0, integer(7)))),
    "no name": OLD.device.sign(replace(LEAF, subject=b"\x30\x00")),
    "two names": OLD.device.sign(
        replace(LEAF, subject=tlv(0x30, LEAF.subject[2:], name_of("YubiKey PIV Attestation 9a")[2:]))
    ),
    "a name in odd letters": OLD.device.sign(replace(LEAF, subject=name_of("YubiKey PIV Attestation 9c\x00"))),
    "a name in broken letters": OLD.device.sign(
        replace(LEAF, subject=LEAF.subject.replace(b"YubiKey", b"\xff\xfebiKey"))
    ),
    "a key of no signature": OLD.device.sign(replace(LEAF, key=X25519)),
    "a key of another curve": OLD.device.sign(replace(LEAF, key=public(key("bob's key", "secp256k1")))),
    "a key off its curve": OLD.device.sign(replace(LEAF, key=public(key("ann's key"))[:-1] + b"\x00")),
    "a key that is none": OLD.device.sign(replace(LEAF, key=tlv(0x30, tlv(0x30, tlv(0x06, b"\x2a")), tlv(0x03)))),
    "no fields": sealed(tlv(0x30), EC_SHA256, OLD.device.private),
    "a length without end": b"\x30\x80" + OLD.device.sign(LEAF)[4:] + b"\x00\x00",
    "a length of eight bytes": b"\x30\x88" + b"\xff" * 8,
}


@pytest.mark.parametrize("certificate", DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_refused(certificate: bytes) -> None:
    """Even where the device itself signed it."""
    assert believed(certificate, OLD.device.certificate) is None
    assert believed(OLD.device.sign(LEAF), certificate) is None


def test_without_a_defect_it_is_believed() -> None:
    """The table above refuses what is wrong, and nothing else."""
    assert believed(OLD.device.sign(LEAF), OLD.device.certificate)


@given(
    chain=sampled_from(sorted(CHAINS)),
    number=integers(0, 10),
    place=integers(0, LARGEST_BYTES),
    change=integers(1, 255),
)
def test_no_byte_of_a_chain_can_be_changed(chain: str, number: int, place: int, change: int) -> None:
    """One other byte in one certificate, be it of the root, and strangers refuse it."""
    certificates = list(CHAINS[chain])
    changed = bytearray(certificates[number % len(certificates)])
    changed[place % len(changed)] ^= change
    certificates[number % len(certificates)] = bytes(changed)
    with pytest.raises(AttestationRefusedError):
        attest("1", certificates, ())


@pytest.mark.parametrize("chain", CHAINS)
def test_no_bit_of_a_chain_is_free(chain: str) -> None:
    """Each byte of each certificate in turn, its lowest bit turned round."""
    for number, whole in enumerate(CHAINS[chain]):
        certificates = list(CHAINS[chain])
        for place in range(len(whole)):
            certificates[number] = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
            with pytest.raises(AttestationRefusedError):
                attest("1", certificates, ())


@given(chain=sampled_from(sorted(CHAINS)), number=integers(0, 10), length=integers(0, LARGEST_BYTES))
def test_no_certificate_of_a_chain_can_be_cut(chain: str, number: int, length: int) -> None:
    """Nor be left out."""
    certificates = list(CHAINS[chain])
    whole = certificates[number % len(certificates)]
    certificates[number % len(certificates)] = whole[: length % len(whole)]
    with pytest.raises(AttestationRefusedError):
        attest("1", certificates, ())
    del certificates[number % len(certificates)]
    with pytest.raises(AttestationRefusedError):
        attest("1", certificates, ())


@given(lists(binary(max_size=200), max_size=4))
@example([b"\x30\x00"] * 3)
def test_any_bytes_are_refused(certificates: list[bytes]) -> None:
    """Where there is no certificate there is no other error either."""
    assert believed(*certificates) is None
    assert believed(OLD.device.sign(LEAF), *certificates) is None


@given(place=integers(0, 600), taken=integers(0, 4), put=binary(max_size=6), device=sampled_from(sorted(MADE)))
def test_a_device_may_sign_anything(place: int, taken: int, put: bytes, device: str) -> None:
    """Bytes taken out and put in anywhere, then signed as they should be: refused or believed."""
    family = MADE[device]
    certificate = family.leaf().to_be_signed()
    place %= len(certificate)
    changed = tlv(0x30, certificate[4:place] + put + certificate[place + taken :])
    believed(sealed(changed, EC_SHA256, family.device.private), family.device.certificate, *family.authorities)


@given(
    object_id=sampled_from([each[0] for name in ("old", "yubihsm") for each in MADE[name].leaf().extensions]),
    value=binary(max_size=12),
)
def test_a_device_may_claim_anything(object_id: bytes, value: bytes) -> None:
    """Any bytes under any of the maker's identifiers: refused or believed."""
    for family in (OLD, MADE["yubihsm"]):
        leaf: Form = family.leaf().with_extension(object_id, value)
        believed(*family.gives(leaf), *family.authorities)


def test_the_table_changes_one_thing_at_a_time() -> None:
    """What the forms write is what the library that reads them expects."""
    assert extension(BASIC_CONSTRAINTS, b"", CA_TRUE) in OLD.device.sign(
        LEAF.with_extension(BASIC_CONSTRAINTS, CA_TRUE)
    )
