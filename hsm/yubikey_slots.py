"""What lies in the slots of a YubiKey: keys of any kind, each beside its certificate, and certificates alone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from yubikit.core.smartcard import SW, ApduError
from yubikit.piv import INS_ATTEST, INS_GET_METADATA, KEY_TYPE, PIN_POLICY, SLOT, TOUCH_POLICY, PivSession

from hsm.algorithms import scheme_of
from hsm.device import DeviceKey, Scheme, Slot
from hsm.yubikey_certificate import Beside, parse, public_der, read
from hsm.yubikey_facts import has_metadata

KINDS: Mapping[Scheme, KEY_TYPE] = {
    Scheme.P256: KEY_TYPE.ECCP256,
    Scheme.P384: KEY_TYPE.ECCP384,
    Scheme.ED25519: KEY_TYPE.ED25519,
}
"""The schemes of our keys. RSA is none: yubikit makes an RSA key of its own, in seconds, for each RSA signature."""
ATTESTS = (4, 3, 0)
"""The first firmware that says in its maker's name that a key was made inside."""
PURPOSES: Mapping[SLOT, str] = {
    SLOT.SIGNATURE: "Digital signature",
    SLOT.AUTHENTICATION: "Authentication",
    SLOT.KEY_MANAGEMENT: "Key management",
    SLOT.CARD_AUTH: "Card authentication",
    **{SLOT(SLOT.RETIRED1 + place): f"Retired {place + 1}" for place in range(20)},
}
"""The slots, that for signatures first, and what each was made for; any of them takes any key."""

_PIN = {
    PIN_POLICY.NEVER: "never",
    PIN_POLICY.ONCE: "once",
    PIN_POLICY.MATCH_ONCE: "once",
    PIN_POLICY.ALWAYS: "always",
    PIN_POLICY.MATCH_ALWAYS: "always",
}
_TOUCH = {TOUCH_POLICY.NEVER: "never", TOUCH_POLICY.CACHED: "cached", TOUCH_POLICY.ALWAYS: "always"}
_WORDS = {Scheme.P256: "a P-256 key", Scheme.P384: "a P-384 key", Scheme.ED25519: "an Ed25519 key"}
_ORIGINS = {True: "made inside", False: "imported", None: "of unknown origin"}
_NO_KEY = frozenset({SW.REFERENCE_DATA_NOT_FOUND, SW.FILE_NOT_FOUND})
_NAME_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A key in a slot: `public` is its public half in DER, or all that is told of one of a kind not known here."""

    public: bytes = field(repr=False)
    is_generated_inside: bool | None = None
    pin_policy: str = ""
    touch_policy: str = ""

    @property
    def scheme(self) -> Scheme | None:
        """The scheme, None for a key that is none of ours."""
        scheme = scheme_of(self.public)
        return scheme if scheme in KINDS else None


def slot_named(name: str) -> SLOT | None:
    """The slot with this name, in hex; None where there is none, or none for our keys."""
    return next((slot for slot in PURPOSES if name_of(slot) == name), None)


def name_of(slot: SLOT) -> str:
    """What people call it, such as "9c"."""
    return f"{slot.value:02x}"


def keys(session: PivSession) -> tuple[DeviceKey, ...]:
    """The keys of our schemes, by label then key_id.

    Raises: PcscError; any error of yubikit where an answer is not what it should be.
    """
    found = (key_in(session, slot) for slot in PURPOSES)
    return tuple(sorted((key for key in found if key), key=lambda key: (key.label, key.key_id)))


def slots(session: PivSession) -> tuple[Slot, ...]:
    """Every slot, that for signatures first, and what lies in it.

    Raises: as `keys`.
    """
    return tuple(slot_at(session, slot) for slot in PURPOSES)


def key_in(session: PivSession, slot: SLOT) -> DeviceKey | None:
    """The key in this slot, None where there is none of ours.

    Raises: as `keys`.
    """
    found = find(session, slot)
    if found is None or found.scheme is None:
        return None
    return DeviceKey(
        label=_label(read(session, slot), found),
        key_id=name_of(slot),
        scheme=found.scheme,
        public_der=found.public,
        is_generated_inside=found.is_generated_inside,
        is_extractable=False if found.is_generated_inside else None,
        pin_policy=found.pin_policy,
        touch_policy=found.touch_policy,
    )


def slot_at(session: PivSession, slot: SLOT) -> Slot:
    """One slot, and what lies in it.

    Raises: as `keys`.
    """
    name, purpose = name_of(slot), PURPOSES[slot]
    found, beside = find(session, slot), read(session, slot)
    if found is not None:
        return Slot(name, purpose, digest(found.public), _words(found, _label(beside, found)))
    if beside is not None:
        named = f' named "{beside.label}"' if beside.label else ""
        return Slot(name, purpose, digest(beside.content), f"a certificate{named}, and no key")
    return Slot(name, purpose)


def find(session: PivSession, slot: SLOT) -> Found | None:
    """The key in this slot, whatever its kind; None where there is none.

    Raises: as `keys`.
    """
    if not has_metadata(session):
        return _attested(session, slot) or _certified(session, slot)
    try:
        told = session.get_slot_metadata(slot)
        public = public_der(told.public_key)
    except ApduError as error:
        if error.sw in _NO_KEY:
            return None
        raise
    except (ValueError, LookupError):
        return Found(session.protocol.send_apdu(0, INS_GET_METADATA, 0, slot))
    return Found(public, told.generated, _PIN.get(told.pin_policy, ""), _TOUCH.get(told.touch_policy, ""))


def attestation_of(session: PivSession, slot: SLOT) -> Beside | None:
    """What the YubiKey says in its maker's name of a key that it made in this slot; None where it says nothing.

    Raises: PcscError; any error of yubikit.
    """
    if session.version < ATTESTS:
        return None
    try:
        return parse(session.protocol.send_apdu(0, INS_ATTEST, slot, 0))
    except ApduError:
        return None


def digest(content: bytes) -> str:
    """How `Slot.holds` names a public key or a certificate."""
    return hashlib.sha256(content).hexdigest()[:_NAME_DIGITS]


def _attested(session: PivSession, slot: SLOT) -> Found | None:
    """What a firmware without metadata tells of a key that was made inside; of others it tells nothing."""
    told = attestation_of(session, slot)
    if told is None:
        return None
    pin, touch = told.policies or bytes(2)
    return Found(
        told.public_der,
        is_generated_inside=True,
        pin_policy=_PIN.get(PIN_POLICY(pin), ""),
        touch_policy=_TOUCH.get(TOUCH_POLICY(touch), ""),
    )


def _certified(session: PivSession, slot: SLOT) -> Found | None:
    """On such a firmware a certificate is all that speaks for a key that was imported."""
    beside = read(session, slot)
    return Found(beside.public_der) if beside is not None and beside.public_der else None


def _label(beside: Beside | None, found: Found) -> str:
    return beside.label if beside is not None and beside.public_der == found.public else ""


def _words(found: Found, label: str) -> str:
    kind = _WORDS[found.scheme] if found.scheme else _foreign(found.public)
    named = f'named "{label}"' if label else "without a certificate of its own"
    return f"{kind}, {_ORIGINS[found.is_generated_inside]}, {named}"


def _foreign(public: bytes) -> str:
    try:
        key = load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm):
        return "a key of a kind not known here"
    return f"an RSA {key.key_size} key" if isinstance(key, RSAPublicKey) else "a key for other uses"
