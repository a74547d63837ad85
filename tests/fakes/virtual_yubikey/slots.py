"""The slots of PIV, and what is known of a key in one."""

from dataclasses import dataclass
from enum import IntEnum

from fakes.virtual_yubikey.algorithms import Algorithm, PrivateKey
from fakes.virtual_yubikey.apdu import Status, StatusError

ATTESTATION = 0xF9
SIGNATURE = 0x9C
CARD_AUTHENTICATION = 0x9E
RETIRED = range(0x82, 0x96)
ORDINARY = frozenset({0x9A, SIGNATURE, 0x9D, CARD_AUTHENTICATION, *RETIRED})
EVERY = ORDINARY | {ATTESTATION}


class PinPolicy(IntEnum):
    """How often a key wants the PIN."""

    DEFAULT = 0
    NEVER = 1
    ONCE = 2
    ALWAYS = 3


class TouchPolicy(IntEnum):
    """How often a key wants a touch."""

    DEFAULT = 0
    NEVER = 1
    ALWAYS = 2
    CACHED = 3


@dataclass(frozen=True, slots=True)
class SlotKey:
    """A private key with its policies, which are never the default: that is resolved when the key comes."""

    algorithm: Algorithm
    private: PrivateKey
    pin_policy: PinPolicy
    touch_policy: TouchPolicy
    is_generated: bool

    def __repr__(self) -> str:
        return f"SlotKey({self.algorithm.name})"


def pin_policy(number: int, slot: int) -> PinPolicy:
    """The policy with this number, or what the slot has by default.   Raises: StatusError (INCORRECT_PARAMETERS)."""
    if number != PinPolicy.DEFAULT:
        return PinPolicy(_known(number, PinPolicy))
    return {SIGNATURE: PinPolicy.ALWAYS, CARD_AUTHENTICATION: PinPolicy.NEVER}.get(slot, PinPolicy.ONCE)


def touch_policy(number: int) -> TouchPolicy:
    """The policy with this number; by default no touch is wanted.   Raises: StatusError (INCORRECT_PARAMETERS)."""
    return TouchPolicy(_known(number, TouchPolicy)) if number != TouchPolicy.DEFAULT else TouchPolicy.NEVER


def _known(number: int, policies: type[IntEnum]) -> int:
    """The number, which is one of these."""
    if number not in set(policies):
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return number
