"""PIN and PUK of a YubiKey: tried once each time somebody typed one, changed, and given back by the PUK."""

from collections.abc import Callable
from functools import partial

from yubikit.core import InvalidPinError
from yubikit.core.smartcard import SW, ApduError
from yubikit.piv import PivSession

from hsm.device import Codes, Pin, PinState
from hsm.errors import (
    CodeRefusedError,
    DeviceError,
    PinBlockedError,
    PukBlockedError,
    UnsupportedError,
    WrongPinError,
    WrongPukError,
)
from hsm.yubikey_facts import pin_state, puk_state
from hsm.yubikey_management import authenticate, check_storage, replace_key

_MAKERS_PIN, _MAKERS_PUK = "123456", "12345678"
_SHORTEST, _LONGEST = 6, 8  # bytes, of a new code; YubiKeys had shorter PINs once
_MOST_TOLD = 15  # a status word cannot tell more tries
_NOT_TAKEN = frozenset({SW.INCORRECT_PARAMETERS, SW.CONDITIONS_NOT_SATISFIED, SW.DATA_INVALID, SW.WRONG_LENGTH})


def verify(session: PivSession, serial: str, pin: Pin) -> None:
    """The PIN was right; it was tried once, and not at all where it could not be.

    Raises: WrongPinError, PinBlockedError; PcscError; any error of yubikit.
    """
    state = pin_state(session)
    if state.is_blocked:
        raise PinBlockedError(serial)
    if not _can_be_tried(pin):
        raise WrongPinError(serial, state.attempts_left)
    try:
        session.verify_pin(pin.secret)
    except InvalidPinError as error:
        raise WrongPinError(serial, _left(error)) from error


def prepare(session: PivSession, serial: str, current: Pin | None, codes: Codes) -> None:
    """PIN, PUK and tries are those of `codes`, and the management key is none that anybody knows.

    The order makes this work again wherever it was cut off: until the last step the management key is still the
    maker's and says so; setting the tries makes both codes the maker's, which is told too; and then each is replaced.
    Raises: CodeRefusedError, WrongPinError, PinBlockedError, ManagementKeyUnknownError, TouchMissingError,
    UnsupportedError; PcscError; any error of yubikit.
    """
    if puk_state(session) is None:
        raise UnsupportedError(serial, "prepare a YubiKey without a PUK")
    new_puk = _checked(serial, codes)
    prove_pin = partial(verify, session, serial, _current(session, serial, current))
    is_makers = authenticate(session, serial, prove_pin)
    prove_pin()
    check_storage(session, serial)
    session.set_pin_attempts(codes.tries, codes.tries)
    _taken(serial, "PIN", partial(session.change_pin, _MAKERS_PIN, codes.pin.secret))
    _taken(serial, "PUK", partial(session.change_puk, _MAKERS_PUK, new_puk.secret))
    if is_makers:
        replace_key(session, serial, partial(verify, session, serial, codes.pin))


def unblock(session: PivSession, serial: str, puk: Pin, pin: Pin) -> None:
    """The PIN is this one, with all its tries; the PUK was tried once, and not at all where it could not be.

    Raises: CodeRefusedError, WrongPukError, PukBlockedError; PcscError; any error of yubikit.
    """
    if not _can_be_new(pin, _MAKERS_PIN):
        raise CodeRefusedError(serial, "PIN")
    state = puk_state(session)
    if state is None:
        raise UnsupportedError(serial, "unblock without a PUK")
    if state.is_blocked:
        raise PukBlockedError(serial)
    if not _can_be_tried(puk):
        raise WrongPukError(serial, state.attempts_left)
    try:
        _taken(serial, "PIN", partial(session.unblock_pin, puk.secret, pin.secret))
    except InvalidPinError as error:
        raise _refused_puk(serial, state, error) from error


def _refused_puk(serial: str, state: PinState, error: InvalidPinError) -> DeviceError:
    # an older firmware does not tell beforehand whether there was a try left
    is_told = state.attempts_left is not None
    return WrongPukError(serial, _left(error)) if is_told or error.attempts_remaining else PukBlockedError(serial)


def _current(session: PivSession, serial: str, current: Pin | None) -> Pin:
    """The PIN to begin with: the maker's only where the YubiKey itself says that it is."""
    if current is not None:
        return current
    state = pin_state(session)
    if not state.is_default:
        raise WrongPinError(serial, state.attempts_left)
    return Pin(_MAKERS_PIN)


def _checked(serial: str, codes: Codes) -> Pin:
    """The new PUK, once both codes are such as a YubiKey takes."""
    if not _can_be_new(codes.pin, _MAKERS_PIN):
        raise CodeRefusedError(serial, "PIN")
    if codes.puk is None or not _can_be_new(codes.puk, _MAKERS_PUK):
        raise CodeRefusedError(serial, "PUK")
    return codes.puk


def _taken(serial: str, code: str, change: Callable[[], None]) -> None:
    try:
        change()
    except ApduError as error:
        if error.sw in _NOT_TAKEN:
            raise CodeRefusedError(serial, code) from error
        raise


def _can_be_tried(code: Pin) -> bool:
    return 0 < _bytes(code) <= _LONGEST


def _can_be_new(code: Pin, makers: str) -> bool:
    return _SHORTEST <= _bytes(code) <= _LONGEST and code.secret != makers


def _bytes(code: Pin) -> int:
    """The length in UTF-8; zero where it has none, for that error would show the code."""
    try:
        return len(code.secret.encode())
    except UnicodeEncodeError:
        return 0


def _left(error: InvalidPinError) -> int | None:
    return error.attempts_remaining if error.attempts_remaining < _MOST_TOLD else None
