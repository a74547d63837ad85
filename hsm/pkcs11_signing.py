"""Signatures on a token that is logged in to, and the certificates that lie on it."""

import hashlib
import time

from pkcs11.constants import Attribute, ObjectClass
from pkcs11.exceptions import FunctionCancelled, MechanismInvalid, UserNotLoggedIn
from pkcs11.types import Session, SignMixin

from hsm.device import Scheme
from hsm.pkcs11_login import Login
from hsm.pkcs11_mechanisms import Offered, Way, ways
from hsm.pkcs11_messages import CertificateList
from hsm.pkcs11_objects import flag, matching, raw
from hsm.pkcs11_trouble import Trouble, TroubleError

_AT_ONCE_SECONDS = 1.5
"""A signature that is refused for want of a PIN later than this was waiting for a button that nobody pressed."""


def sign(login: Login, key_id: bytes, scheme: Scheme, message: bytes, offers: Offered) -> bytes:
    """The signature of the whole `message` by the key with this id, as the token gives it.

    Raises: TroubleError where there is no such key, or two, or none that may sign, or no mechanism, or no touch;
    PKCS11Error.
    """
    private = _private(login.session, key_id)
    if not (possible := ways(scheme, offers)):
        raise TroubleError(Trouble.SCHEME_UNSUPPORTED)
    begun = time.monotonic()
    try:
        return _sign(login, private, possible, message)
    except (FunctionCancelled, UserNotLoggedIn) as error:
        # no caller of ours cancels: the token gave up waiting; ykcs11 and OpenSC then speak of a missing login
        if isinstance(error, FunctionCancelled) or _is_late(begun):
            raise TroubleError(Trouble.TOUCH_MISSING) from error
        raise


def certificates(session: Session) -> CertificateList:
    """Every certificate on the token that can be read.

    Raises: PKCS11Error.
    """
    values = (raw(each, Attribute.VALUE) for each in matching(session, {Attribute.CLASS: ObjectClass.CERTIFICATE}))
    return CertificateList(tuple(value for value in values if value))


def _private(session: Session, key_id: bytes) -> SignMixin:
    match matching(session, {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}):
        case ():
            raise TroubleError(Trouble.KEY_ABSENT)
        case (SignMixin() as private,):
            return private
        case (_,):
            raise TroubleError(Trouble.KEY_NOT_FOR_SIGNING)
    raise TroubleError(Trouble.TWIN_KEYS)


def _sign(login: Login, private: SignMixin, possible: tuple[Way, ...], message: bytes) -> bytes:
    """The signature, in the first of the ways that the token really takes."""
    *others, last = possible
    for way in others:
        try:
            return _sign_in(way, login, private, message)
        except MechanismInvalid:
            continue
    return _sign_in(last, login, private, message)


def _sign_in(way: Way, login: Login, private: SignMixin, message: bytes) -> bytes:
    data = hashlib.new(way.hashed, message).digest() if way.hashed else message
    if flag(private, Attribute.ALWAYS_AUTHENTICATE):
        return login.sign_with_pin(private, way, data)
    begun = time.monotonic()
    try:
        return login.sign(private, way, data)
    except UserNotLoggedIn:
        if _is_late(begun):
            raise
    # ykcs11 tells of each slot what is usual there, not what its key really wants (yubico-piv-tool issue 351)
    return login.sign_with_pin(private, way, data)


def _is_late(begun: float) -> bool:
    return time.monotonic() - begun > _AT_ONCE_SECONDS
