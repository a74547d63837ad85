"""Signatures on a token that is logged in to, and the certificates that lie on it."""

import hashlib
import time

from hsm.device import Scheme
from hsm.pkcs11_calls import Module, RefusedError
from hsm.pkcs11_keys import flag
from hsm.pkcs11_login import Login
from hsm.pkcs11_mechanisms import Offered, Way, ways
from hsm.pkcs11_messages import CertificateList
from hsm.pkcs11_numbers import Answer, Attribute, ObjectClass
from hsm.pkcs11_trouble import Trouble, TroubleError

_AT_ONCE_SECONDS = 1.5
"""A signature that is refused for want of a PIN later than this was waiting for a button that nobody pressed."""


def sign(login: Login, key_id: bytes, scheme: Scheme, message: bytes, offers: Offered) -> bytes:
    """The signature of the whole `message` by the key with this id, as the token gives it.

    Raises: TroubleError where there is no such key, or two, or none that may sign, or no mechanism, or no touch;
    RefusedError.
    """
    private = _private(login, key_id)
    if not (possible := ways(scheme, offers)):
        raise TroubleError(Trouble.SCHEME_UNSUPPORTED)
    begun = time.monotonic()
    try:
        return _sign(login, private, possible, message)
    except RefusedError as error:
        # no caller of ours cancels: the token gave up waiting; ykcs11 and OpenSC then speak of a missing login
        is_late = error.code == Answer.USER_NOT_LOGGED_IN and time.monotonic() - begun > _AT_ONCE_SECONDS
        if is_late or error.code == Answer.FUNCTION_CANCELED:
            raise TroubleError(Trouble.TOUCH_MISSING) from error
        raise


def certificates(module: Module, session: int) -> CertificateList:
    """Every certificate on the token that can be read.

    Raises: RefusedError.
    """
    found = module.find(session, ((Attribute.CLASS, ObjectClass.CERTIFICATE),))
    values = (module.attribute(session, each, Attribute.VALUE) for each in found)
    return CertificateList(tuple(value for value in values if value))


def _private(login: Login, key_id: bytes) -> int:
    wanted = ((Attribute.CLASS, ObjectClass.PRIVATE_KEY), (Attribute.ID, key_id))
    match login.module.find(login.session, wanted):
        case ():
            raise TroubleError(Trouble.KEY_ABSENT)
        case (private,):
            if flag(login.module, login.session, private, Attribute.SIGN) is False:
                raise TroubleError(Trouble.KEY_NOT_FOR_SIGNING)
            return private
    raise TroubleError(Trouble.TWIN_KEYS)


def _sign(login: Login, private: int, possible: tuple[Way, ...], message: bytes) -> bytes:
    wants_pin = flag(login.module, login.session, private, Attribute.ALWAYS_AUTHENTICATE)
    way = _begin(login, private, possible)
    data = hashlib.new(way.hashed, message).digest() if way.hashed else message
    if not wants_pin:
        return _sign_at_once(login, private, way, data)
    login.allow_signature()
    return login.module.sign(login.session, data)


def _begin(login: Login, private: int, possible: tuple[Way, ...]) -> Way:
    """The first of the ways that the token really takes; the signature has begun."""
    *others, last = possible
    for way in others:
        try:
            login.module.begin_signing(login.session, private, way.mechanism, way.parameter)
        except RefusedError as error:
            if error.code != Answer.MECHANISM_INVALID:
                raise
        else:
            return way
    login.module.begin_signing(login.session, private, last.mechanism, last.parameter)
    return last


def _sign_at_once(login: Login, private: int, way: Way, data: bytes) -> bytes:
    """The signature of a key that does not say that it wants the PIN each time, though it may turn out to."""
    begun = time.monotonic()
    try:
        return login.module.sign(login.session, data)
    except RefusedError as error:
        if error.code != Answer.USER_NOT_LOGGED_IN or time.monotonic() - begun > _AT_ONCE_SECONDS:
            raise
    # ykcs11 tells of each slot what is usual there, not what its key really wants (yubico-piv-tool issue 351)
    login.module.begin_signing(login.session, private, way.mechanism, way.parameter)
    login.allow_signature()
    return login.module.sign(login.session, data)
