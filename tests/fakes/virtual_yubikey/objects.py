"""The data objects of PIV: certificates, printed information and whatever else is kept under a number."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fakes.virtual_yubikey.apdu import Status, StatusError
from fakes.virtual_yubikey.tlv import fields, only, tlv

ID_TAG, DATA_TAG = 0x5C, 0x53
CERTIFICATE_TAG, INFO_TAG, LRC_TAG = 0x70, 0x71, 0xFE
DISCOVERY = 0x7E
ATTESTATION_CERTIFICATE = 0x5FFF01
FINGERPRINTS, FACIAL, PRINTED, IRIS = 0x5FC103, 0x5FC108, 0x5FC109, 0x5FC121
BEHIND_PIN = frozenset({FINGERPRINTS, FACIAL, PRINTED, IRIS})
LARGEST = 3052
DISCOVERED = bytes.fromhex("4f0ba0000003080000100001005f2f024000")
ID_SIZES = {1, 3}


class Objects:
    """What is stored, by number."""

    def __init__(self) -> None:
        self._kept: dict[int, bytes] = {}

    def clear(self) -> None:
        """Nothing is stored but the certificate of slot f9, which stays for good."""
        self._kept = {number: data for number, data in self._kept.items() if number == ATTESTATION_CERTIFICATE}

    def read(self, number: int, *, is_pin_verified: bool) -> bytes:
        """The object as GET DATA answers it.

        Raises: StatusError (SECURITY if it is behind the PIN, whether there is one or not; NOT_FOUND).
        """
        if number == DISCOVERY:
            return tlv(DISCOVERY, DISCOVERED)
        if number in BEHIND_PIN and not is_pin_verified:
            raise StatusError(Status.SECURITY)
        if number not in self._kept:
            raise StatusError(Status.NOT_FOUND)
        return tlv(DATA_TAG, self._kept[number])

    def write(self, number: int, data: bytes) -> None:
        """The object is this; no data is no object.   Raises: StatusError if it may not be written or is too large."""
        if number == DISCOVERY:
            raise StatusError(Status.INCORRECT_PARAMETERS)
        if len(data) > LARGEST:
            raise StatusError(Status.NO_SPACE)
        self._kept.pop(number, None)
        if data:
            self._kept[number] = data

    def put_certificate(self, number: int, certificate: x509.Certificate) -> None:
        """The object is this certificate, not compressed."""
        der = certificate.public_bytes(Encoding.DER)
        self.write(number, tlv(CERTIFICATE_TAG, der) + tlv(INFO_TAG, b"\0") + tlv(LRC_TAG))

    def certificate(self, number: int) -> x509.Certificate:
        """The certificate in this object.   Raises: StatusError (NOT_FOUND) if there is none in it."""
        try:
            return x509.load_der_x509_certificate(fields(self._kept.get(number, b"")).get(CERTIFICATE_TAG, b""))
        except ValueError:
            raise StatusError(Status.NOT_FOUND) from None


def number_in(data: bytes) -> int:
    """The object that GET DATA asks for.   Raises: StatusError (INCORRECT_PARAMETERS)."""
    return _number(only(ID_TAG, data))


def put_in(data: bytes) -> tuple[int, bytes]:
    """The object that PUT DATA writes, and what.   Raises: StatusError (INCORRECT_PARAMETERS)."""
    parts = fields(data)
    if set(parts) != {ID_TAG, DATA_TAG}:
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return _number(parts[ID_TAG]), parts[DATA_TAG]


def _number(field: bytes) -> int:
    """The number of an object."""
    if len(field) not in ID_SIZES:
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return int.from_bytes(field, "big")
