"""What a device says of a key, read from the extensions of its certificate.

Spec: docs.yubico.com, "PIV Attestation OID Arc" and "YubiHSM OIDs".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from cryptography.hazmat.asn1 import BitString, decode_der

from hsm.attestation_certificate import YUBICO, Certificate, CertificateError
from hsm.attestation_chain import Chain, kind_of
from hsm.attestation_pins import KINDS, YUBIHSM, YUBIKEY

_FIRMWARE, _SERIAL, _POLICIES, _FORM_FACTOR, _FIPS, _CSPN = (f"{YUBICO}.3.{last}" for last in (3, 7, 8, 9, 10, 11))
_HSM_FIRMWARE, _HSM_SERIAL, _HSM_ORIGIN, _HSM_CAPABILITIES, _HSM_ID = (f"{YUBICO}.4.{last}" for last in (1, 2, 3, 5, 6))

_PIN_POLICIES: Mapping[int, str] = MappingProxyType(
    {1: "never", 2: "once", 3: "always", 4: "match-once", 5: "match-always"}  # the last two: a finger instead of a PIN
)
_TOUCH_POLICIES: Mapping[int, str] = MappingProxyType({1: "never", 2: "always", 3: "cached"})
_FORM_FACTORS: Mapping[int, str] = MappingProxyType(
    {
        0: "",
        1: "Keychain (USB-A)",
        2: "Nano (USB-A)",
        3: "Keychain (USB-C)",
        4: "Nano (USB-C)",
        5: "Keychain (USB-C, Lightning)",
        6: "Bio (USB-A)",
        7: "Bio (USB-C)",
    }
)
_VERSION_PARTS = 3
_FIPS_BIT, _SECURITY_KEY_BIT, _FORM_BITS = 0x80, 0x40, 0x3F
_MADE_INSIDE = b"\x01"  # imported is 2, wrapped and imported 16, alone or with what it was before
_EXPORTABLE_UNDER_WRAP = 1 << 16
_CAPABILITIES_BYTES = 8
_LARGEST_SERIAL = 2**32 - 1

_Value = TypeVar("_Value", int, bytes, BitString)


@dataclass(frozen=True, slots=True)
class Attested:
    """What a device says of one of its keys, and who vouches for the device.

    `maker` is "Yubico" where the root is one of Yubico's, "" for any other root, which proves nothing by itself;
    `root` is the SHA-256 of the root's DER, in hex. `device` is "YubiKey" or "YubiHSM", `form_factor` what it looks
    like, "" where it does not say. `serial` is decimal, of a YubiHSM with zeros up to eight digits (as its PKCS#11
    module writes it); `slot` is such as "9c", of a YubiHSM the object's id as 4 hex digits.
    `pin_policy` is "always", "once" or "never", `touch_policy` "always", "cached" or "never", both "" of a YubiHSM;
    where a finger can stand for the PIN, it is "match-once" or "match-always".
    `public_der` is a SubjectPublicKeyInfo. `chain` is DER, the key's own certificate first, the root last.
    """

    maker: str
    root: str
    device: str
    serial: str
    firmware: str
    form_factor: str
    slot: str
    is_generated_inside: bool
    is_extractable: bool
    pin_policy: str
    touch_policy: str
    public_der: bytes = field(repr=False)
    chain: tuple[bytes, ...] = field(repr=False)


def attested(chain: Chain, maker: str) -> Attested:
    """What the device says in the first certificate of the chain, whose root is this maker's.

    Raises: CertificateError where it does not say all, or says what no device says.
    """
    return {YUBIKEY: _yubikey, YUBIHSM: _yubihsm}[kind_of(chain)](chain, maker)


def _yubikey(chain: Chain, maker: str) -> Attested:
    leaf, device = chain[:2]
    pin, touch = _bare(leaf, _POLICIES, 2, "its policies")
    if pin not in _PIN_POLICIES or touch not in _TOUCH_POLICIES:
        raise CertificateError("it has policies for PIN and touch that this program does not know")
    return Attested(
        maker=maker,
        root=chain[-1].digest,
        device=YUBIKEY,
        serial=_serial(leaf, _SERIAL),
        firmware=_dotted(_value(leaf, _FIRMWARE, "its firmware")),
        form_factor=_form_factor(leaf, device),
        slot=_slot(chain, YUBIKEY),
        is_generated_inside=True,  # a YubiKey attests no other
        is_extractable=False,
        pin_policy=_PIN_POLICIES[pin],
        touch_policy=_TOUCH_POLICIES[touch],
        public_der=leaf.public_der(),
        chain=tuple(each.der for each in chain),
    )


def _yubihsm(chain: Chain, maker: str) -> Attested:
    leaf, device = chain[:2]
    slot = _slot(chain, YUBIHSM)
    if _number(leaf, _HSM_ID, "its object's id") != int(slot, 16):
        raise CertificateError("it is for one object by its name and for another by its id")
    serial = _serial(leaf, _HSM_SERIAL)
    if _HSM_SERIAL in device.claims and _serial(device, _HSM_SERIAL) != serial:
        raise CertificateError("it is of one device by its own serial number and of another by its issuer's")
    capabilities = _bits(leaf, _HSM_CAPABILITIES, "its capabilities")
    if len(capabilities) != _CAPABILITIES_BYTES:
        raise CertificateError("its capabilities are not written as they should be")
    return Attested(
        maker=maker,
        root=chain[-1].digest,
        device=YUBIHSM,
        serial=serial.zfill(8),
        firmware=_dotted(_decoded(bytes, leaf, _HSM_FIRMWARE, "its firmware")),
        form_factor="",
        slot=slot,
        is_generated_inside=_bits(leaf, _HSM_ORIGIN, "its origin") == _MADE_INSIDE,
        is_extractable=bool(int.from_bytes(capabilities, "big") & _EXPORTABLE_UNDER_WRAP),
        pin_policy="",
        touch_policy="",
        public_der=leaf.public_der(),
        chain=tuple(each.der for each in chain),
    )


def _slot(chain: Chain, kind: str) -> str:
    found = KINDS[kind].key_name.fullmatch(chain[0].name)
    return found[1] if found else ""


def _value(certificate: Certificate, object_id: str, what: str) -> bytes:
    if object_id not in certificate.claims:
        raise CertificateError(f"it does not say {what}")
    return certificate.claims[object_id]


def _bare(certificate: Certificate, object_id: str, count: int, what: str) -> bytes:
    """Bytes that a YubiKey writes without tag and length."""
    found = _value(certificate, object_id, what)
    if len(found) != count:
        raise CertificateError(f"it does not say {what} as it should")
    return found


def _decoded(kind: type[_Value], certificate: Certificate, object_id: str, what: str) -> _Value:
    try:
        return decode_der(kind, _value(certificate, object_id, what))
    except CertificateError:
        raise
    except ValueError as error:
        raise CertificateError(f"it does not say {what} as it should") from error


def _number(certificate: Certificate, object_id: str, what: str) -> int:
    found = _decoded(int, certificate, object_id, what)
    if found < 0:
        raise CertificateError(f"it does not say {what} as it should")
    return found


def _bits(certificate: Certificate, object_id: str, what: str) -> bytes:
    """A row of bits that fills whole bytes."""
    found = _decoded(BitString, certificate, object_id, what)
    if found.padding_bits():
        raise CertificateError(f"it does not say {what} as it should")
    return found.as_bytes()


def _serial(certificate: Certificate, object_id: str) -> str:
    serial = _number(certificate, object_id, "the serial number of its device")
    if serial > _LARGEST_SERIAL:
        raise CertificateError("it has a serial number that no device has")
    return str(serial)


def _dotted(version: bytes) -> str:
    if len(version) != _VERSION_PARTS:
        raise CertificateError("it does not say its firmware as it should")
    return ".".join(map(str, version))


def _form_factor(leaf: Certificate, device: Certificate) -> str:
    """In words; what was certified stands behind, and of that the device's own certificate tells too."""
    code = _bare(leaf, _FORM_FACTOR, 1, "its form factor")[0] if _FORM_FACTOR in leaf.claims else 0
    form = code & _FORM_BITS
    marks = [object_id for object_id in (_FIPS, _CSPN) if _certified(device, object_id)]
    words = [
        _FORM_FACTORS.get(form, f"form factor {form}"),
        "Security Key" if code & _SECURITY_KEY_BIT else "",
        "FIPS" if code & _FIPS_BIT or _FIPS in marks else "",
        "CSPN" if _CSPN in marks else "",
    ]
    return ", ".join(filter(None, words))


def _certified(device: Certificate, object_id: str) -> bool:
    return object_id in device.claims and _number(device, object_id, "what it is certified for") > 0
