"""A new key in a slot of a YubiKey, with a certificate beside it that bears its label."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial

from cryptography.exceptions import InvalidSignature
from yubikit.core import CommandError, NotSupportedError
from yubikit.piv import PIN_POLICY, SLOT, TOUCH_POLICY, PivSession, PublicKey

from hsm.device import DeviceInfo, DeviceKey, Pin, Scheme, Slot
from hsm.errors import DeviceFaultError, KeyExistsError, UnsupportedError
from hsm.yubikey_certificate import LONGEST_LABEL, public_der, sign_own
from hsm.yubikey_codes import verify
from hsm.yubikey_link import PcscError
from hsm.yubikey_management import authenticate
from hsm.yubikey_signing import touch
from hsm.yubikey_slots import ATTESTS, KINDS, digest, find, key_in, keys, name_of, slot_at, slot_named, slots

_USUAL = SLOT.SIGNATURE
_UNFINISHED: set[tuple[str, str, str]] = set()
"""Serial, slot and `Slot.holds` of keys made here that got no certificate: nobody has used them, nothing is lost."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The key that is wanted, the slot for it, and what may be lost there; see `Unlocked.generate`."""

    label: str
    scheme: Scheme
    slot: str
    loses: str


def slots_for_keys(session: PivSession, serial: str) -> tuple[Slot, ...]:
    """Every slot and what lies in it; a key that was begun here and never finished counts as nothing.

    Raises: PcscError; any error of yubikit.
    """
    return tuple(_but_unfinished(slot, serial) for slot in slots(session))


def generate(session: PivSession, info: DeviceInfo, pin: Pin, wish: Wish) -> DeviceKey:
    """The new key, made inside; it wants PIN and touch for each signature, and made one for its own certificate.

    Where that one is not made the key is deleted again. A firmware that deletes no keys keeps it until the next try,
    for which the slot counts as empty.
    Raises: KeyExistsError and UnsupportedError (nothing changed), ManagementKeyUnknownError, TouchMissingError,
    WrongPinError, PinBlockedError, DeviceFaultError; PcscError; any error of yubikit.
    """
    slot = _place(session, info, wish)
    _check_free(session, info.serial, slot, wish)
    prove_pin = partial(verify, session, info.serial, pin)
    authenticate(session, info.serial, prove_pin)
    public = session.generate_key(slot, KINDS[wish.scheme], PIN_POLICY.ALWAYS, TOUCH_POLICY.ALWAYS)
    unfinished = (info.serial, name_of(slot), digest(public_der(public)))
    _UNFINISHED.add(unfinished)
    with ExitStack() as on_failure:
        on_failure.callback(_delete, session, slot)
        _check_made(session, info.serial, slot, public)
        _certify(session, info.serial, slot, public, wish.label, prove_pin)
        made = key_in(session, slot)
        if made is None or (made.label, made.public_der) != (wish.label, public_der(public)):
            raise DeviceFaultError(info.serial, "CertificateNotKept")
        on_failure.pop_all()
    _UNFINISHED.discard(unfinished)
    return made


def _place(session: PivSession, info: DeviceInfo, wish: Wish) -> SLOT:
    """The slot, once it is sure that the YubiKey can have such a key there."""
    slot = slot_named(wish.slot) if wish.slot else _USUAL
    if slot is None:
        raise UnsupportedError(info.serial, f"slot {wish.slot}")
    if wish.scheme not in info.schemes or session.version < ATTESTS:
        raise UnsupportedError(info.serial, wish.scheme.value)
    if not wish.label.isprintable() or not 0 < len(wish.label.encode(errors="replace")) <= LONGEST_LABEL:
        raise UnsupportedError(info.serial, f"a label that is not 1 to {LONGEST_LABEL} letters")
    return slot


def _check_free(session: PivSession, serial: str, slot: SLOT, wish: Wish) -> None:
    holds = _but_unfinished(slot_at(session, slot), serial).holds
    elsewhere = (key.label for key in keys(session) if key.key_id != name_of(slot))
    if holds not in {"", wish.loses} or wish.label in elsewhere:
        raise KeyExistsError(serial, wish.label)


def _check_made(session: PivSession, serial: str, slot: SLOT, public: PublicKey) -> None:
    found = find(session, slot)
    if found is None or found.public != public_der(public) or not found.is_generated_inside:
        raise DeviceFaultError(serial, "KeyNotKeptInside")
    if {found.pin_policy, found.touch_policy} != {"always"}:
        raise DeviceFaultError(serial, "PolicyNotKept")


def _certify(  # noqa: PLR0913, PLR0917 - the key, its name, and what it takes to sign with it
    session: PivSession, serial: str, slot: SLOT, public: PublicKey, label: str, prove_pin: Callable[[], None]
) -> None:
    prove_pin()
    with touch(serial, "always"):
        certificate = sign_own(session, slot, public, label)
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise DeviceFaultError(serial, type(error).__name__) from error
    session.put_certificate(slot, certificate)


def _delete(session: PivSession, slot: SLOT) -> None:
    with suppress(PcscError, CommandError, NotSupportedError):  # what went wrong before is what is told
        session.delete_key(slot)
        session.delete_certificate(slot)


def _but_unfinished(slot: Slot, serial: str) -> Slot:
    return replace(slot, holds="", content="") if (serial, slot.name, slot.holds) in _UNFINISHED else slot
