"""The management key of a YubiKey: proved where it can be known, replaced by one that nobody knows."""

import secrets
import struct
import time
from collections.abc import Callable, Iterator

from ykman.piv import OBJECT_ID_PIVMAN_DATA, OBJECT_ID_PIVMAN_PROTECTED_DATA, PivmanData, PivmanProtectedData
from yubikit.core.smartcard import SW, ApduError
from yubikit.piv import DEFAULT_MANAGEMENT_KEY, MANAGEMENT_KEY_TYPE, TOUCH_POLICY, PivSession

from hsm.errors import DeviceFaultError, ManagementKeyUnknownError, TouchMissingError, UnsupportedError
from hsm.yubikey_facts import TOUCH_SECONDS, has_metadata, is_management_key_default

_AES = (5, 4, 0)
_KEY_BYTES = 24  # of AES-192 and of triple DES alike
_AT_ONCE_SECONDS = 1.0
_MALFORMED = (ValueError, LookupError, struct.error)


def authenticate(session: PivSession, serial: str, prove_pin: Callable[[], None]) -> bool:
    """The management key is proved; true where it is the maker's. `prove_pin` is called where it lies under the PIN.

    Raises: ManagementKeyUnknownError; TouchMissingError; what `prove_pin` raises; PcscError; ApduError.
    """
    for key in _candidates(session, prove_pin):
        if _is_accepted(session, serial, key):
            return key == DEFAULT_MANAGEMENT_KEY
    raise ManagementKeyUnknownError(serial)


def check_storage(session: PivSession, serial: str) -> None:
    """Where a management key is to be kept lies nothing else; the PIN is verified.

    Raises: UnsupportedError where something does; PcscError; ApduError.
    """
    try:
        _stored_key(session)
    except _MALFORMED as error:
        raise UnsupportedError(serial, "keep a management key where other data lie") from error


def replace_key(session: PivSession, serial: str, prove_pin: Callable[[], None]) -> None:
    """The management key is a new one, random and kept on the YubiKey, where only the PIN opens it.

    It is written down and read back before it is set: whenever the YubiKey is pulled out, the key it has can be found.
    Raises: DeviceFaultError; what `prove_pin` raises; PcscError; any error of yubikit.
    """
    kind = MANAGEMENT_KEY_TYPE.AES192 if session.version >= _AES else MANAGEMENT_KEY_TYPE.TDES
    protected, marks = PivmanProtectedData(), PivmanData()
    protected.key = secrets.token_bytes(_KEY_BYTES)
    marks.mgm_key_protected = True
    session.put_object(OBJECT_ID_PIVMAN_PROTECTED_DATA, protected.get_bytes())
    session.put_object(OBJECT_ID_PIVMAN_DATA, marks.get_bytes())
    prove_pin()
    if not _is_marked(session) or _stored_key(session) != protected.key:
        raise DeviceFaultError(serial, "ManagementKeyNotKept")
    session.set_management_key(kind, protected.key)
    session.authenticate(protected.key)


def _candidates(session: PivSession, prove_pin: Callable[[], None]) -> Iterator[bytes]:
    """The keys worth a try, which costs nothing; what is kept under the PIN is read only where it can be the one."""
    is_default = is_management_key_default(session)
    if is_default is not False:
        yield DEFAULT_MANAGEMENT_KEY
    if not is_default and _is_marked(session):
        prove_pin()
        stored = _kept_key(session)
        if stored:
            yield stored


def _is_accepted(session: PivSession, serial: str, key: bytes) -> bool:
    if len(key) != session.management_key_type.key_len:
        return False
    begun = time.monotonic()
    try:
        session.authenticate(key)
    except ApduError as error:
        if error.sw != SW.SECURITY_CONDITION_NOT_SATISFIED:
            raise
        # a wrong key is refused at once, a right one that wants a touch only when nobody touched
        if _wants_touch(session) and time.monotonic() - begun >= _AT_ONCE_SECONDS:
            raise TouchMissingError(serial, TOUCH_SECONDS) from error
        return False
    return True


def _wants_touch(session: PivSession) -> bool:
    return has_metadata(session) and session.get_management_key_metadata().touch_policy != TOUCH_POLICY.NEVER


def _is_marked(session: PivSession) -> bool:
    try:
        told = _object(session, OBJECT_ID_PIVMAN_DATA)
        return told is not None and PivmanData(told).has_stored_key
    except _MALFORMED:
        return False


def _kept_key(session: PivSession) -> bytes | None:
    try:
        return _stored_key(session)
    except _MALFORMED:
        return None


def _stored_key(session: PivSession) -> bytes | None:
    # ykman's own function for this takes a YubiKey that was pulled out for malformed data
    told = _object(session, OBJECT_ID_PIVMAN_PROTECTED_DATA)
    return PivmanProtectedData(told).key if told else None


def _object(session: PivSession, number: int) -> bytes | None:
    try:
        return session.get_object(number)
    except ApduError as error:
        if error.sw == SW.FILE_NOT_FOUND:
            return None
        raise
