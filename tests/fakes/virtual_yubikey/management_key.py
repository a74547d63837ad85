"""The management key of PIV: authentication in two steps, with 3DES or AES."""

import os
from enum import IntEnum
from hmac import compare_digest

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fakes.virtual_yubikey.apdu import Status, StatusError
from fakes.virtual_yubikey.slots import TouchPolicy

DEFAULT = bytes.fromhex("0102030405060708" * 3)


class Kind(IntEnum):
    """The ciphers, by the number PIV gives them."""

    TDES = 0x03
    AES128 = 0x08
    AES192 = 0x0A
    AES256 = 0x0C

    @property
    def size(self) -> int:
        """Bytes in a key."""
        return {Kind.TDES: 24, Kind.AES128: 16, Kind.AES192: 24, Kind.AES256: 32}[self]

    @property
    def block(self) -> int:
        """Bytes in a challenge."""
        return 8 if self is Kind.TDES else 16


class ManagementKey:
    """The key, its cipher, and whether it wants a touch."""

    def __init__(self, kind: Kind, value: bytes, touch: TouchPolicy) -> None:
        """Raises: StatusError (INCORRECT_PARAMETERS) if the value is not as long as the cipher wants."""
        if len(value) != kind.size:
            raise StatusError(Status.INCORRECT_PARAMETERS)
        self.kind = kind
        self.touch = touch
        self._value = value

    @property
    def is_default(self) -> bool:
        """It is the one keys leave the factory with."""
        return self._value == DEFAULT

    def encrypt(self, block: bytes) -> bytes:
        """One block under this key.   Raises: StatusError (INCORRECT_PARAMETERS) if it is no block."""
        if len(block) != self.kind.block:
            raise StatusError(Status.INCORRECT_PARAMETERS)
        cipher = TripleDES(self._value) if self.kind is Kind.TDES else algorithms.AES(self._value)
        encryptor = Cipher(cipher, modes.ECB()).encryptor()  # noqa: S305 - PIV prescribes it, for single random blocks
        return encryptor.update(block) + encryptor.finalize()


class Handshake:
    """One authentication under way: something random, and what somebody with the key makes of it."""

    def __init__(self, key: ManagementKey) -> None:
        self.plain = os.urandom(key.kind.block)
        self.encrypted = key.encrypt(self.plain)

    def is_witnessed_by(self, block: bytes) -> bool:
        """Whoever sent this could read what was encrypted."""
        return compare_digest(block, self.plain)

    def is_answered_by(self, block: bytes) -> bool:
        """Whoever sent this could encrypt what was plain."""
        return compare_digest(block, self.encrypted)
