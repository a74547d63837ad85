"""What the answers of a module's process mean to us: facts become our values, refusals our errors."""

from collections.abc import Iterable, Mapping
from enum import IntFlag

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.algorithms import ECDSA
from hsm.device import DeviceInfo, DeviceKey, PinState, Scheme
from hsm.errors import (
    CodeRefusedError,
    DeviceAbsentError,
    DeviceBusyError,
    DeviceError,
    DeviceFaultError,
    PinBlockedError,
    UnsupportedError,
    WrongPinError,
)
from hsm.pkcs11_messages import KeyFacts, Refused, TokenFacts
from hsm.pkcs11_public import public_key_of_rsa, public_key_on_curve
from hsm.pkcs11_trouble import Trouble
from hsm.shown import printable


class _TokenFlag(IntFlag):
    """What a token says of its PIN (CK_TOKEN_INFO); python-pkcs11 has them too, but is not loaded on this side."""

    PROTECTED_AUTHENTICATION_PATH = 0x100
    USER_PIN_COUNT_LOW = 0x10000
    USER_PIN_FINAL_TRY = 0x20000
    USER_PIN_LOCKED = 0x40000
    USER_PIN_TO_BE_CHANGED = 0x80000


# A handle that was good an instant ago is bad only because its token went away.
_GONE = {
    "CKR_DEVICE_REMOVED",
    "CKR_KEY_HANDLE_INVALID",
    "CKR_OBJECT_HANDLE_INVALID",
    "CKR_SESSION_CLOSED",
    "CKR_SESSION_HANDLE_INVALID",
    "CKR_SLOT_ID_INVALID",
    "CKR_TOKEN_NOT_PRESENT",
    "CKR_TOKEN_NOT_RECOGNIZED",
    Trouble.TOKEN_ABSENT,
    Trouble.LOGIN_CLOSED,
}
_BUSY = {
    "CKR_SESSION_COUNT",
    "CKR_USER_ALREADY_LOGGED_IN",
    "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
    "CKR_USER_TOO_MANY_TYPES",
    Trouble.TOKEN_UNLOCKED,
}
_WRONG_PIN = {"CKR_PIN_INCORRECT", "CKR_PIN_INVALID", "CKR_PIN_LEN_RANGE"}
# What is so, whether or not the token can be found just afterwards.
_OURS = set(Trouble) - {Trouble.TOUCH_MISSING}
_PIN_POLICIES: Mapping[bool | None, str] = {True: "always", False: "once", None: ""}
_ED25519_BYTES = 64
_UNSUPPORTED = {"CKR_MECHANISM_INVALID", Trouble.SCHEME_UNSUPPORTED, Trouble.NO_PIN}


def error_of(serial: str, refused: Refused, wanted: str = "") -> DeviceError:
    """The error that a refusal is, of the device with this serial; `wanted` is the scheme or operation it was about."""
    code = refused.code
    if code in _GONE or not (refused.is_present or code in _OURS):
        return DeviceAbsentError(serial)
    if code in _WRONG_PIN:
        return WrongPinError(serial, pin_state(refused.flags).attempts_left)
    if code in _UNSUPPORTED and wanted:
        return UnsupportedError(serial, wanted)
    if code == Trouble.NEW_PIN_REFUSED:
        return CodeRefusedError(serial, "PIN")
    if code == "CKR_PIN_LOCKED":
        return PinBlockedError(serial)
    return DeviceBusyError(serial) if code in _BUSY else DeviceFaultError(serial, printable(code))


def info_of(facts: TokenFacts, module: str) -> DeviceInfo:
    """The device that a token is, in a module of this path."""
    return DeviceInfo(
        driver="pkcs11",
        maker=printable(facts.maker),
        model=printable(facts.model),
        serial=printable(facts.name.serial),
        label=printable(facts.name.label),
        firmware=printable(facts.firmware),
        pin=pin_state(facts.flags),
        schemes=tuple(scheme for scheme in Scheme if scheme.value in facts.schemes),
        found_in=module,
        has_pin_pad=bool(facts.flags & _TokenFlag.PROTECTED_AUTHENTICATION_PATH),
    )


def pin_state(flags: int) -> PinState:
    """What the flags of a token say of its PIN; tries left only where they follow from it."""
    is_blocked = bool(flags & _TokenFlag.USER_PIN_LOCKED)
    is_final_try = bool(flags & _TokenFlag.USER_PIN_FINAL_TRY) and not is_blocked
    return PinState(
        attempts_left=0 if is_blocked else 1 if is_final_try else None,
        is_low=bool(flags & _TokenFlag.USER_PIN_COUNT_LOW) or is_final_try or is_blocked,
        is_final_try=is_final_try,
        is_blocked=is_blocked,
        is_default=True if flags & _TokenFlag.USER_PIN_TO_BE_CHANGED else None,
    )


def keys_of(facts: Iterable[KeyFacts]) -> tuple[DeviceKey, ...]:
    """Those of the keys that are ours, by label then key_id."""
    keys = filter(None, map(key_of, facts))
    return tuple(sorted(keys, key=lambda key: (key.label, key.key_id)))


def key_of(facts: KeyFacts) -> DeviceKey | None:
    """The key, None where it is none of ours."""
    known = public_key_on_curve(facts.parameters, facts.point) or public_key_of_rsa(facts.modulus, facts.exponent)
    if known is None:
        return None
    return DeviceKey(
        label=printable(facts.label),
        key_id=facts.key_id.hex(),
        scheme=known[0],
        public_der=known[1],
        is_generated_inside=facts.is_local,
        is_extractable=facts.is_extractable,
        pin_policy=_PIN_POLICIES[facts.is_always_authenticated],
    )


def signature_of(key: DeviceKey, raw: bytes) -> bytes | None:
    """A signature as TUF writes it, of one as tokens give it; None where its length is that of no signature by the key.

    Tokens give the two numbers of ECDSA one after the other, each as long as the order of the curve.
    """
    if len(raw) != _signature_bytes(key):
        return None
    if key.scheme not in ECDSA:
        return raw
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


def _signature_bytes(key: DeviceKey) -> int:
    if key.scheme in ECDSA:
        return 2 * -(-ECDSA[key.scheme][0].key_size // 8)
    public = load_der_public_key(key.public_der)
    return public.key_size // 8 if isinstance(public, RSAPublicKey) else _ED25519_BYTES
