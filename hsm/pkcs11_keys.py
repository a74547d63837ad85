"""Keys on an open PKCS#11 session: told of, made, signed with; vendor exceptions pass through to the driver."""

import secrets
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import Hash
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import (
    AttributeSensitive,
    AttributeTypeInvalid,
    FunctionFailed,
    MultipleObjectsReturned,
    NoSuchKey,
    PKCS11Error,
    SignatureLenRange,
)
from pkcs11.types import Object, Session, SignMixin

from hsm.algorithms import ECDSA
from hsm.device import DeviceKey, Pin, Scheme
from hsm.pkcs11_curve import PARAMETERS, public_key_of


class KeyNotKeptInsideError(PKCS11Error):
    """The token made a key that can leave it, or that was not made in it; the key is destroyed."""


class KeyFunctionNotPermittedError(PKCS11Error):
    """The token holds the key, but not for signing."""


def printable(text: str) -> str:
    """`text` of a token, where a letter that no screen should be sent is replaced."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def public_halves(session: Session) -> tuple[DeviceKey, ...]:
    """Every key whose public half can be read, by label then key_id; nothing is known of the private halves."""
    return _sorted(_described(public, None) for public in _matching(session, ObjectClass.PUBLIC_KEY))


def both_halves(session: Session) -> tuple[DeviceKey, ...]:
    """Every key whose two halves can be found, by label then key_id."""
    privates = {_told(each, Attribute.ID): each for each in _matching(session, ObjectClass.PRIVATE_KEY)}
    publics = _matching(session, ObjectClass.PUBLIC_KEY)
    pairs = ((public, privates.get(_told(public, Attribute.ID))) for public in publics)
    return _sorted(_described(public, private) for public, private in pairs if private is not None)


def is_taken(session: Session, label: str) -> bool:
    """Whether any object has this label."""
    return bool(_matching(session, None, {Attribute.LABEL: label}))


def generate(session: Session, label: str, scheme: Scheme) -> DeviceKey:
    """A new key with a random id, made inside the token and never extractable.

    Raises: KeyNotKeptInsideError (the key is gone again), or any PKCS11Error.
    """
    public, private = _generate(session, label, scheme)
    key = _described(public, private)
    if key is not None and not key.is_extractable and key.is_generated_inside is not False:
        return key
    private.destroy()
    public.destroy()
    raise KeyNotKeptInsideError


def sign(session: Session, key: DeviceKey, message: bytes, pin: Pin) -> bytes:
    """The signature of the whole `message`: ECDSA in DER, Ed25519 as 64 bytes.

    Raises: NoSuchKey, or any PKCS11Error.
    """
    private = _private(session, bytes.fromhex(key.key_id))
    at_each = pin.secret if _told(private, Attribute.ALWAYS_AUTHENTICATE) is True else None
    if key.scheme not in ECDSA:
        return bytes(private.sign(message, mechanism=Mechanism.EDDSA, pin=at_each))
    curve, algorithm = ECDSA[key.scheme]
    digest = Hash(algorithm)
    digest.update(message)
    # SoftHSM has no ECDSA that hashes; raw ECDSA is in every module
    raw = bytes(private.sign(digest.finalize(), mechanism=Mechanism.ECDSA, pin=at_each))
    return _der(raw, curve.key_size // 8)


def _private(session: Session, key_id: bytes) -> SignMixin:
    match _matching(session, ObjectClass.PRIVATE_KEY, {Attribute.ID: key_id}):
        case ():
            raise NoSuchKey
        case (SignMixin() as private,):
            return private
        case (_,):
            raise KeyFunctionNotPermittedError
    raise MultipleObjectsReturned


def _der(raw: bytes, half: int) -> bytes:
    if len(raw) != 2 * half:
        raise SignatureLenRange
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


def _matching(
    session: Session, kind: ObjectClass | None, wanted: dict[Attribute, object] | None = None
) -> tuple[Object, ...]:
    of_kind = {} if kind is None else {Attribute.CLASS: kind}
    # read to the end at once: a search left half-way keeps the session from everything else
    return tuple(session.get_objects(of_kind | (wanted or {})))


def _told(half: Object, attribute: Attribute) -> object:
    try:
        return half[attribute]
    except (AttributeTypeInvalid, AttributeSensitive, FunctionFailed, ValueError):
        return None


def _described(public: Object, private: Object | None) -> DeviceKey | None:
    parameters, point = _told(public, Attribute.EC_PARAMS), _told(public, Attribute.EC_POINT)
    known = public_key_of(parameters, point) if isinstance(parameters, bytes) and isinstance(point, bytes) else None
    key_id, label = _told(public, Attribute.ID), _told(public, Attribute.LABEL)
    if known is None or not isinstance(key_id, bytes):
        return None
    is_local = _told(private or public, Attribute.LOCAL)
    return DeviceKey(
        label=printable(label) if isinstance(label, str) else "",
        key_id=key_id.hex(),
        scheme=known[0],
        public_der=known[1],
        is_generated_inside=is_local if isinstance(is_local, bool) else None,
        is_extractable=_is_extractable(private) if private else None,
    )


def _is_extractable(private: Object) -> bool | None:
    """Whether the private half can leave the token, or could at any time before."""
    kept = [_told(private, each) for each in (Attribute.NEVER_EXTRACTABLE, Attribute.ALWAYS_SENSITIVE)]
    if _told(private, Attribute.EXTRACTABLE) is True or False in kept:
        return True
    return None if None in kept else False


def _sorted(keys: Iterable[DeviceKey | None]) -> tuple[DeviceKey, ...]:
    return tuple(sorted(filter(None, keys), key=lambda key: (key.label, key.key_id)))


def _generate(session: Session, label: str, scheme: Scheme) -> tuple[Object, Object]:
    is_ecdsa = scheme in ECDSA
    kind = KeyType.EC if is_ecdsa else KeyType.EC_EDWARDS
    curve = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: PARAMETERS[scheme]}, local=True)
    return curve.generate_keypair(
        mechanism=Mechanism.EC_KEY_PAIR_GEN if is_ecdsa else Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
        store=True,
        label=label,
        id=secrets.token_bytes(16),
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        public_template={Attribute.PRIVATE: False},
        private_template={Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
    )
