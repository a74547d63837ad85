"""A token that is logged in to: one session that closes with it, and its PIN, for keys that want it each time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from hsm.device import Pin
from hsm.pkcs11_calls import Module, RefusedError
from hsm.pkcs11_messages import TokenName
from hsm.pkcs11_numbers import Answer, TokenFlag, User
from hsm.pkcs11_structures import TokenInfo
from hsm.pkcs11_trouble import Trouble, TroubleError

_ABOUT_THE_NEW_PIN = {Answer.PIN_INVALID, Answer.PIN_LEN_RANGE, Answer.PIN_TOO_WEAK}


@dataclass(slots=True)
class Login:
    """An open login; `pin` is None where it is typed on the token itself."""

    module: Module
    slot: int
    token: TokenName
    session: int
    pin: Pin | None = field(repr=False)

    def allow_signature(self) -> None:
        """The signature that has begun is allowed by one more login, with the same PIN.

        Raises: RefusedError; then nothing is begun any more.
        """
        try:
            self.module.log_in(self.session, User.CONTEXT_SPECIFIC, _digits(self.pin))
        except RefusedError:
            self._begin_anew()
            raise

    def resume(self) -> None:
        """Logged in still, or again: a card can forget a login, as OpenSC's do after a touch that did not come.

        The PIN is the one that this token accepted; where it was typed on the token nobody is asked for it unannounced.
        Raises: RefusedError; then the PIN is forgotten, and never tried again.
        """
        if self.module.is_logged_in(self.session):
            return
        pin, self.pin = self.pin, None
        if pin is None:
            raise RefusedError("C_GetSessionInfo", Answer.USER_NOT_LOGGED_IN)
        self.module.log_in(self.session, User.USER, _digits(pin))
        self.pin = pin

    def close(self) -> None:
        """The token is logged out of and the session closed, whatever the module answers."""
        _log_out(self.module, self.session)
        _let_go(self.module, self.session)

    def _begin_anew(self) -> None:
        """What was begun ends with its session; a second one keeps the login."""
        with suppress(RefusedError):
            fresh = open_session(self.module, self.slot, self.module.token(self.slot))
            self.module.close(self.session)
            self.session = fresh


def log_in(module: Module, slot: int, info: TokenInfo, token: TokenName, pin: Pin | None) -> Login:
    """The token, logged in to by one try of `pin`; refused, it leaves no session behind.

    Raises: TroubleError without a PIN, where the token has no place of its own to type it on; RefusedError.
    """
    if pin is None and not info.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        raise TroubleError(Trouble.NO_PIN)
    with ExitStack() as on_failure:
        session = open_session(module, slot, info)
        on_failure.callback(_let_go, module, session)
        module.log_in(session, User.USER, _digits(pin))
        on_failure.pop_all()
        return Login(module, slot, token, session, pin)


def set_pin(module: Module, slot: int, info: TokenInfo, current: Pin, new: Pin) -> None:
    """The token has a new PIN, by one try of the current one.

    Raises: TroubleError where it does not take the new one, RefusedError.
    """
    if not _fits(info, new):
        raise TroubleError(Trouble.NEW_PIN_REFUSED)
    session = module.open(slot, is_writing=True)
    try:
        _set_pin(module, session, _digits(current) or b"", _digits(new) or b"")
    except RefusedError as error:
        if error.code in _ABOUT_THE_NEW_PIN and _fits(info, current):
            raise TroubleError(Trouble.NEW_PIN_REFUSED) from error
        raise
    finally:
        _let_go(module, session)


def open_session(module: Module, slot: int, info: TokenInfo) -> int:
    """A new session, in which keys can be made unless the token is write-protected.

    Raises: RefusedError.
    """
    return module.open(slot, is_writing=not info.flags & TokenFlag.WRITE_PROTECTED)


@contextmanager
def passing_session(module: Module, slot: int) -> Iterator[int]:
    """A session for reading, closed afterwards.

    Raises: RefusedError.
    """
    session = module.open(slot, is_writing=False)
    try:
        yield session
    finally:
        _let_go(module, session)


def _set_pin(module: Module, session: int, current: bytes, new: bytes) -> None:
    try:
        module.set_pin(session, current, new)
    except RefusedError as error:
        if error.code != Answer.USER_NOT_LOGGED_IN:
            raise
        # NSS wants the user logged in first; this is still the first try of the PIN, and a right one costs none
        with ExitStack() as at_end:
            module.log_in(session, User.USER, current)
            at_end.callback(_log_out, module, session)
            module.set_pin(session, current, new)


def _fits(info: TokenInfo, pin: Pin) -> bool:
    """Whether the PIN is as long as the token says that PINs are; a token that says nothing takes all but none."""
    length = len(_digits(pin) or b"")
    return max(info.shortest_pin, 1) <= length and (length <= info.longest_pin or not info.longest_pin)


def _digits(pin: Pin | None) -> bytes | None:
    return None if pin is None else pin.secret.encode(errors="surrogatepass")


def _log_out(module: Module, session: int) -> None:
    with suppress(RefusedError):  # a token that was removed is locked already
        module.log_out(session)


def _let_go(module: Module, session: int) -> None:
    with suppress(RefusedError):  # a session of a removed token has gone already
        module.close(session)
