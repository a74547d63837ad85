"""Keys of a YubiKey at work: they sign, each time with a touch where they want one, and are attested."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.hashes import SHA256
from yubikit.core.smartcard import SW, ApduError
from yubikit.piv import SLOT, PivSession

from hsm.algorithms import ECDSA
from hsm.device import DeviceKey, Pin, Scheme
from hsm.errors import KeyAbsentError, TouchMissingError, UnsupportedError
from hsm.yubikey_certificate import read
from hsm.yubikey_codes import verify
from hsm.yubikey_facts import TOUCH_SECONDS
from hsm.yubikey_slots import KINDS, Found, attestation_of, find, slot_named

LONGEST_PURE = 3045
"""Bytes of a message that an Ed25519 key can sign: it is sent whole, in one command of 3062 bytes."""

_TOO_FAST_SECONDS = 5


def sign(session: PivSession, serial: str, key: DeviceKey, message: bytes, pin: Pin) -> bytes:
    """The signature of the whole `message`: ECDSA in DER, Ed25519 as 64 bytes. The PIN is proved again if it must be.

    Raises: KeyAbsentError, UnsupportedError (before anything is asked of people), TouchMissingError, WrongPinError,
    PinBlockedError; PcscError; any error of yubikit.
    """
    if key.scheme is Scheme.ED25519 and len(message) > LONGEST_PURE:
        raise UnsupportedError(serial, f"{key.scheme.value} of {len(message)} bytes")
    slot, found = _found(session, serial, key)
    if found.pin_policy not in {"never", "once"}:
        verify(session, serial, pin)
    algorithm = ECDSA[key.scheme][1] if key.scheme in ECDSA else None
    with touch(serial, found.touch_policy):
        return session.sign(slot, KINDS[key.scheme], message, algorithm or SHA256())


def attest(session: PivSession, serial: str, key: DeviceKey) -> tuple[bytes, ...]:
    """The attestation of the key and the certificate of what attests it, in DER; () where there is none.

    Raises: KeyAbsentError; PcscError; any error of yubikit.
    """
    slot, _ = _found(session, serial, key)
    told, attester = attestation_of(session, slot), read(session, SLOT.ATTESTATION)
    if told is None or attester is None:
        return ()
    if told.public_der != key.public_der:
        raise KeyAbsentError(serial, key.label)
    return told.content, attester.content


@contextmanager
def touch(serial: str, policy: str) -> Iterator[None]:
    """Inside, a key of this touch policy is used once, its PIN proved.

    Raises: TouchMissingError where it was refused because nobody touched the YubiKey.
    """
    begun = time.monotonic()
    try:
        yield
    except ApduError as error:
        # the same word stands for a PIN not proved, which it was, and a touch not given
        is_unknown = not policy and time.monotonic() - begun >= _TOO_FAST_SECONDS
        if error.sw == SW.SECURITY_CONDITION_NOT_SATISFIED and (policy in {"always", "cached"} or is_unknown):
            raise TouchMissingError(serial, TOUCH_SECONDS) from error
        raise


def _found(session: PivSession, serial: str, key: DeviceKey) -> tuple[SLOT, Found]:
    slot = slot_named(key.key_id)
    found = find(session, slot) if slot is not None else None
    if slot is None or found is None or found.public != key.public_der or found.scheme != key.scheme:
        raise KeyAbsentError(serial, key.label)
    return slot, found
