"""Keys on an open session: told of and made; what the module answers passes through to the caller."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from pkcs11.constants import DEFAULT, Attribute, MechanismFlag, ObjectClass
from pkcs11.exceptions import PKCS11Error
from pkcs11.mechanisms import KeyType, Mechanism
from pkcs11.types import Object, Session

from hsm.device import Scheme
from hsm.pkcs11_curves import CURVES
from hsm.pkcs11_mechanisms import Offered, maker, rsa_bits
from hsm.pkcs11_messages import KeyFacts, KeyList
from hsm.pkcs11_objects import flag, matching, raw, told
from hsm.pkcs11_refusals import name_of
from hsm.pkcs11_trouble import Trouble, TroubleError
from hsm.shown import printable

_Halves = tuple[Object, Object]
_Templates = tuple[Mapping[Attribute, object], Mapping[Attribute, object]]

_ID_BYTES = 16
_PUBLIC_HALVES: Mapping[object, tuple[Attribute, ...]] = {
    KeyType.RSA: (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT),
    KeyType.EC: (Attribute.EC_PARAMS, Attribute.EC_POINT),
    KeyType.EC_EDWARDS: (Attribute.EC_PARAMS, Attribute.EC_POINT),
}
# What a token answers to a template, or to a curve, that it does not take.
_NOT_TAKEN = {
    "CKR_ARGUMENTS_BAD",
    "CKR_ATTRIBUTE_READ_ONLY",
    "CKR_ATTRIBUTE_TYPE_INVALID",
    "CKR_ATTRIBUTE_VALUE_INVALID",
    "CKR_CURVE_NOT_SUPPORTED",
    "CKR_DOMAIN_PARAMS_INVALID",
    "CKR_TEMPLATE_INCOMPLETE",
    "CKR_TEMPLATE_INCONSISTENT",
}
_DEMANDS = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
# What the two halves are asked for besides. python-pkcs11 says of each what it must not be used for, unless told to
# leave that out: some tokens take no such wishes (tpm2-pkcs11 does not).
_WITH_WISHES: _Templates = ({Attribute.PRIVATE: False}, _DEMANDS)
_WITHOUT_WISHES: _Templates = (
    dict.fromkeys((Attribute.ENCRYPT, Attribute.WRAP), DEFAULT),
    _DEMANDS | dict.fromkeys((Attribute.DECRYPT, Attribute.UNWRAP, Attribute.DERIVE), DEFAULT),
)


def public_keys(session: Session) -> KeyList:
    """Every key whose public half can be read and that has an id; nothing is told of the private halves.

    Raises: PKCS11Error.
    """
    return KeyList(tuple(_told(public, None) for public, _ in _named(session, ObjectClass.PUBLIC_KEY)))


def whole_keys(session: Session) -> KeyList:
    """Every key that has an id under which both its halves are found.

    Raises: PKCS11Error.
    """
    privates = {name: private for private, name in _named(session, ObjectClass.PRIVATE_KEY)}
    publics = _named(session, ObjectClass.PUBLIC_KEY)
    return KeyList(tuple(_told(public, privates[name]) for public, name in publics if name in privates))


def generate(session: Session, label: str, scheme: Scheme, offers: Offered) -> KeyFacts:
    """A new key with a random id, made inside the token and never extractable, under a label that no object had.

    Raises: TroubleError where the label is taken (nothing changed), where the token has no mechanism, and where it made
    a key that can leave it (the key is gone again); PKCS11Error.
    """
    mechanism = maker(scheme, offers)
    if mechanism is None:
        raise TroubleError(Trouble.SCHEME_UNSUPPORTED)
    if matching(session, {Attribute.LABEL: label}):
        raise TroubleError(Trouble.KEY_EXISTS)
    public, private = _made(session, label, tuple(_askings(session, label, scheme, mechanism, offers)))
    key = _told(public, private)
    if _is_kept_inside(private) and ((key.parameters and key.point) or key.modulus):
        return key
    for half in (private, public):
        with suppress(PKCS11Error):
            half.destroy()
    raise TroubleError(Trouble.KEY_NOT_KEPT_INSIDE)


def _made(session: Session, label: str, askings: Sequence[Callable[[], _Halves]]) -> _Halves:
    """The halves of a new key, asked for in the first way that the token takes."""
    *others, last = askings
    for ask in others:
        try:
            return ask()
        except PKCS11Error as error:
            # python-pkcs11 reads a new key at once: where that is what failed, the token has made it
            if name_of(error) not in _NOT_TAKEN or matching(session, {Attribute.LABEL: label}):
                raise
    return last()


def _askings(
    session: Session, label: str, scheme: Scheme, mechanism: Mechanism, offers: Offered
) -> Iterator[Callable[[], _Halves]]:
    """Each kind of key first with all wishes, then without those that tokens need not know."""
    key_id = os.urandom(_ID_BYTES)
    for ask in _kinds(session, scheme, offers):
        for public, private in (_WITH_WISHES, _WITHOUT_WISHES):
            yield partial(
                ask,
                mechanism=mechanism,
                id=key_id,
                label=label,
                store=True,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                public_template=public,
                private_template=private,
            )


def _kinds(session: Session, scheme: Scheme, offers: Offered) -> Iterator[Callable[..., _Halves]]:
    """The kind of key that the scheme wants: on a curve, under each of its names, or of so many bits."""
    kind = KeyType.EC_EDWARDS if scheme is Scheme.ED25519 else KeyType.EC
    for parameters in CURVES.get(scheme, ()):
        yield session.create_domain_parameters(kind, {Attribute.EC_PARAMS: parameters}, local=True).generate_keypair
    if scheme is Scheme.RSA_PSS:
        yield partial(session.generate_keypair, KeyType.RSA, rsa_bits(offers))


def _is_kept_inside(private: Object) -> bool:
    """Whether the token says that the secret cannot leave it, and not that it ever could, or came from outside.

    Some tokens know nothing of the last two (CKA_LOCAL and the histories); none may say that they are otherwise.
    """
    history = (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE)
    is_kept = flag(private, Attribute.SENSITIVE) is True and flag(private, Attribute.EXTRACTABLE) is False
    return is_kept and False not in [flag(private, each) for each in history]


def _told(public: Object, private: Object | None) -> KeyFacts:
    label = told(public, Attribute.LABEL)
    halves = _PUBLIC_HALVES.get(told(public, Attribute.KEY_TYPE), ())
    values = {each: raw(public, each) or b"" for each in (Attribute.ID, *halves)}
    return KeyFacts(
        key_id=values[Attribute.ID],
        label=printable(label) if isinstance(label, str) else "",
        parameters=values.get(Attribute.EC_PARAMS, b""),
        point=values.get(Attribute.EC_POINT, b""),
        modulus=values.get(Attribute.MODULUS, b""),
        exponent=values.get(Attribute.PUBLIC_EXPONENT, b""),
        is_local=flag(private or public, Attribute.LOCAL),
        is_extractable=None if private is None else _is_extractable(private),
        is_always_authenticated=None if private is None else flag(private, Attribute.ALWAYS_AUTHENTICATE),
    )


def _is_extractable(private: Object) -> bool | None:
    """Whether the private half can leave the token, or could at any time before."""
    kept = [flag(private, each) for each in (Attribute.NEVER_EXTRACTABLE, Attribute.ALWAYS_SENSITIVE)]
    if flag(private, Attribute.EXTRACTABLE) is True or False in kept:
        return True
    return None if None in kept else False


def _named(session: Session, kind: ObjectClass) -> tuple[tuple[Object, bytes], ...]:
    """The objects of this class that have an id, each with it."""
    ids = [(each, raw(each, Attribute.ID)) for each in matching(session, {Attribute.CLASS: kind})]
    return tuple((each, name) for each, name in ids if name is not None)
