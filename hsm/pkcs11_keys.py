"""Keys on an open session: told of and made; what the module answers passes through to the caller."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from hsm.device import Scheme
from hsm.pkcs11_calls import Module, RefusedError
from hsm.pkcs11_mechanisms import Offered, maker, rsa_bits
from hsm.pkcs11_messages import KeyFacts, KeyList
from hsm.pkcs11_numbers import CURVES, Answer, Attribute, KeyType, ObjectClass
from hsm.pkcs11_structures import Template, Value
from hsm.pkcs11_text import printable
from hsm.pkcs11_trouble import Trouble, TroubleError

_ID_BYTES = 16
_PUBLIC_HALVES: Mapping[int, tuple[Attribute, ...]] = {
    KeyType.RSA: (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT),
    KeyType.EC: (Attribute.EC_PARAMS, Attribute.EC_POINT),
    KeyType.EC_EDWARDS: (Attribute.EC_PARAMS, Attribute.EC_POINT),
}
_EXPONENT = (65537).to_bytes(3)
# What a token answers to a template, or to a curve, that it does not take.
_NOT_TAKEN = {
    Answer.ARGUMENTS_BAD,
    Answer.ATTRIBUTE_READ_ONLY,
    Answer.ATTRIBUTE_TYPE_INVALID,
    Answer.ATTRIBUTE_VALUE_INVALID,
    Answer.CURVE_NOT_SUPPORTED,
    Answer.DOMAIN_PARAMS_INVALID,
    Answer.TEMPLATE_INCOMPLETE,
    Answer.TEMPLATE_INCONSISTENT,
}
_PUBLIC: Template = ((Attribute.CLASS, ObjectClass.PUBLIC_KEY),)
_PRIVATE: Template = ((Attribute.CLASS, ObjectClass.PRIVATE_KEY),)
# What a key must not be used for, asked for where the token takes such wishes (tpm2-pkcs11 does not).
_PUBLIC_WISHES: Template = ((Attribute.PRIVATE, False), (Attribute.ENCRYPT, False), (Attribute.WRAP, False))
_PRIVATE_WISHES: Template = ((Attribute.DECRYPT, False), (Attribute.UNWRAP, False), (Attribute.DERIVE, False))


def public_keys(module: Module, session: int) -> KeyList:
    """Every key whose public half can be read and that has an id; nothing is told of the private halves.

    Raises: RefusedError.
    """
    return KeyList(tuple(_told(module, session, public, None) for public, _ in _named(module, session, _PUBLIC)))


def whole_keys(module: Module, session: int) -> KeyList:
    """Every key that has an id under which both its halves are found.

    Raises: RefusedError.
    """
    privates = {name: private for private, name in _named(module, session, _PRIVATE)}
    publics = [(public, name) for public, name in _named(module, session, _PUBLIC) if name in privates]
    return KeyList(tuple(_told(module, session, public, privates[name]) for public, name in publics))


def generate(module: Module, session: int, label: str, scheme: Scheme, offers: Offered) -> KeyFacts:
    """A new key with a random id, made inside the token and never extractable, under a label that no object had.

    Raises: TroubleError where the label is taken (nothing changed), where the token has no mechanism, and where it made
    a key that can leave it (the key is gone again); RefusedError.
    """
    mechanism = maker(scheme, offers)
    if mechanism is None:
        raise TroubleError(Trouble.SCHEME_UNSUPPORTED)
    if module.find(session, ((Attribute.LABEL, label),)):
        raise TroubleError(Trouble.KEY_EXISTS)
    public, private = _made(module, session, mechanism, tuple(_templates(label, scheme, offers)))
    key = _told(module, session, public, private)
    if _is_kept_inside(module, session, private) and ((key.parameters and key.point) or key.modulus):
        return key
    for half in (private, public):
        with suppress(RefusedError):
            module.destroy(session, half)
    raise TroubleError(Trouble.KEY_NOT_KEPT_INSIDE)


def flag(module: Module, session: int, thing: int, attribute: Attribute) -> bool | None:
    """Whether it is so; None where the token does not tell.

    Raises: RefusedError.
    """
    told = module.attribute(session, thing, attribute)
    return bool(told[0]) if told is not None and len(told) == 1 else None


def _made(
    module: Module, session: int, mechanism: int, templates: Sequence[tuple[Template, Template]]
) -> tuple[int, int]:
    """The halves of a new key, by the first of the templates that the token takes."""
    *others, last = templates
    for public, private in others:
        try:
            return module.generate_pair(session, mechanism, public, private)
        except RefusedError as error:
            if error.code not in _NOT_TAKEN:
                raise
    return module.generate_pair(session, mechanism, *last)


def _templates(label: str, scheme: Scheme, offers: Offered) -> Iterator[tuple[Template, Template]]:
    """First with all wishes, then without those that tokens need not know; under each name of the curve."""
    named: Template = ((Attribute.TOKEN, True), (Attribute.LABEL, label), (Attribute.ID, os.urandom(_ID_BYTES)))
    private: Template = (
        *named,
        (Attribute.PRIVATE, True),
        (Attribute.SENSITIVE, True),
        (Attribute.EXTRACTABLE, False),
        (Attribute.SIGN, True),
    )
    for kind in _kinds(scheme, offers):
        public: Template = (*named, *kind, (Attribute.VERIFY, True))
        yield (*public, *_PUBLIC_WISHES), (*private, *_PRIVATE_WISHES)
        yield public, private


def _kinds(scheme: Scheme, offers: Offered) -> Iterator[Template]:
    for parameters in CURVES.get(scheme, ()):
        yield ((Attribute.EC_PARAMS, parameters),)
    if scheme is Scheme.RSA_PSS:
        bits: Value = rsa_bits(offers)
        yield ((Attribute.MODULUS_BITS, bits), (Attribute.PUBLIC_EXPONENT, _EXPONENT))


def _is_kept_inside(module: Module, session: int, private: int) -> bool:
    """Whether the token says that the secret cannot leave it, and not that it ever could, or came from outside.

    Some tokens know nothing of the last two (CKA_LOCAL and the histories); none may say that they are otherwise.
    """
    kept = flag(module, session, private, Attribute.SENSITIVE)
    leaves = flag(module, session, private, Attribute.EXTRACTABLE)
    history = (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE)
    told = [flag(module, session, private, each) for each in history]
    return kept is True and leaves is False and False not in told


def _told(module: Module, session: int, public: int, private: int | None) -> KeyFacts:
    kind = int.from_bytes(module.attribute(session, public, Attribute.KEY_TYPE) or b"", sys.byteorder)
    wanted = (Attribute.ID, Attribute.LABEL, *_PUBLIC_HALVES.get(kind, ()))
    always = None if private is None else flag(module, session, private, Attribute.ALWAYS_AUTHENTICATE)
    raw = {each: module.attribute(session, public, each) or b"" for each in wanted}
    return KeyFacts(
        key_id=raw[Attribute.ID],
        label=printable(raw[Attribute.LABEL].decode(errors="replace")),
        parameters=raw.get(Attribute.EC_PARAMS, b""),
        point=raw.get(Attribute.EC_POINT, b""),
        modulus=raw.get(Attribute.MODULUS, b""),
        exponent=raw.get(Attribute.PUBLIC_EXPONENT, b""),
        is_local=flag(module, session, public if private is None else private, Attribute.LOCAL),
        is_extractable=None if private is None else _is_extractable(module, session, private),
        is_always_authenticated=always,
    )


def _is_extractable(module: Module, session: int, private: int) -> bool | None:
    """Whether the private half can leave the token, or could at any time before."""
    kept = [flag(module, session, private, each) for each in (Attribute.NEVER_EXTRACTABLE, Attribute.ALWAYS_SENSITIVE)]
    if flag(module, session, private, Attribute.EXTRACTABLE) is True or False in kept:
        return True
    return None if None in kept else False


def _named(module: Module, session: int, template: Template) -> tuple[tuple[int, bytes], ...]:
    """The matching objects that have an id, each with it."""
    ids = [(each, module.attribute(session, each, Attribute.ID)) for each in module.find(session, template)]
    return tuple((each, name) for each, name in ids if name is not None)
