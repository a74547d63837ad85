"""The private keys of a device, by slot."""

from fakes.virtual_yubikey.algorithms import (
    Algorithm,
    algorithm,
    generated,
    imported,
    public_bytes,
)
from fakes.virtual_yubikey.apdu import Status, StatusError
from fakes.virtual_yubikey.device import Firmware
from fakes.virtual_yubikey.slots import (
    ATTESTATION,
    EVERY,
    ORDINARY,
    SlotKey,
    pin_policy,
    touch_policy,
)
from fakes.virtual_yubikey.tlv import tlv

NOWHERE = 0xFF
ALGORITHM_TAG, PIN_POLICY_TAG, TOUCH_POLICY_TAG = 0x80, 0xAA, 0xAB
PUBLIC_KEY_TAG = 0x7F49


class Keyring:
    """The keys of one device; its firmware says which algorithms there are."""

    def __init__(self, firmware: Firmware) -> None:
        self._firmware = firmware
        self._keys: dict[int, SlotKey] = {}

    def at(self, slot: int, otherwise: Status) -> SlotKey:
        """The key in this slot.   Raises: StatusError (`otherwise`) if it has none."""
        if slot not in self._keys:
            raise StatusError(otherwise)
        return self._keys[slot]

    def clear(self) -> None:
        """No slot has a key but f9, which keeps what it has."""
        self._keys = {slot: key for slot, key in self._keys.items() if slot == ATTESTATION}

    def hold(self, slot: int, key: SlotKey) -> None:
        """The slot has this key."""
        self._keys[slot] = key

    def generate(self, slot: int, wanted: dict[int, bytes]) -> bytes:
        """The public half of a new key in this slot.   Raises: StatusError; no such slot, algorithm or policy."""
        kind = algorithm(_byte(wanted, ALGORITHM_TAG), self._firmware)
        self._keep(slot, kind, wanted, None)
        return tlv(PUBLIC_KEY_TAG, public_bytes(self._keys[slot].private.public_key()))

    def put(self, slot: int, number: int, parts: dict[int, bytes]) -> None:
        """A key from outside is in this slot.   Raises: StatusError as `generate`, and if the parts make no key."""
        self._keep(slot, algorithm(number, self._firmware), parts, parts)

    def _keep(self, slot: int, kind: Algorithm, wanted: dict[int, bytes], parts: dict[int, bytes] | None) -> None:
        """The slot has a key of this kind, under the policies wanted."""
        if slot not in EVERY:
            raise StatusError(Status.WRONG_P1P2)
        pin = pin_policy(_byte(wanted, PIN_POLICY_TAG), slot)
        touch = touch_policy(_byte(wanted, TOUCH_POLICY_TAG))
        private = generated(kind) if parts is None else imported(kind, parts)
        self._keys[slot] = SlotKey(kind, private, pin, touch, is_generated=parts is None)

    def move(self, source: int, target: int) -> None:
        """The key has left its slot, for another one that was empty or for nowhere."""
        key = self.at(source, Status.REFERENCE_NOT_FOUND)
        if target != NOWHERE:
            if source not in ORDINARY or target not in ORDINARY:
                raise StatusError(Status.WRONG_P1P2)
            if target in self._keys:
                raise StatusError(Status.INCORRECT_PARAMETERS)
            self._keys[target] = key
        del self._keys[source]


def _byte(wanted: dict[int, bytes], tag: int) -> int:
    """The one byte under this tag, or zero.   Raises: StatusError (INCORRECT_PARAMETERS) if it is not one byte."""
    field = wanted.get(tag, b"\0")
    if len(field) != 1:
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return field[0]
