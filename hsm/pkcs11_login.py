"""A token that is logged in to: one session that closes with it, and its PIN, for keys that want it each time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from pkcs11.constants import TokenFlag
from pkcs11.exceptions import MechanismInvalid, PinInvalid, PinLenRange, PinTooWeak, PKCS11Error, UserNotLoggedIn
from pkcs11.types import Session, SignMixin, Token

from hsm.device import Pin
from hsm.pkcs11_mechanisms import Way
from hsm.pkcs11_messages import TokenName
from hsm.pkcs11_module import Module
from hsm.pkcs11_tokens import name_of_token
from hsm.pkcs11_trouble import Trouble, TroubleError

_ABOUT_THE_NEW_PIN = (PinInvalid, PinLenRange, PinTooWeak)


@dataclass(slots=True)
class Login:
    """An open login; `pin` is None where it is typed on the token itself."""

    module: Module
    token: TokenName
    session: Session
    pin: Pin | None = field(repr=False)

    def sign(self, key: SignMixin, way: Way, data: bytes) -> bytes:
        """A signature that is allowed by the login itself.

        Raises: PKCS11Error.
        """
        return key.sign(data, mechanism=way.mechanism, mechanism_param=way.parameter)

    def sign_with_pin(self, key: SignMixin, way: Way, data: bytes) -> bytes:
        """A signature that is allowed by one more login, with the same PIN.

        Raises: PKCS11Error; then nothing is begun any more, and the key has to be found again.
        """
        try:
            if self.pin is None:
                return self.module.sign_on_pad(self.session, key, way, data)
            return key.sign(data, mechanism=way.mechanism, mechanism_param=way.parameter, pin=self.pin.secret)
        except MechanismInvalid:
            raise  # nothing was begun
        except PKCS11Error:
            self._begin_anew()
            raise

    def resume(self) -> None:
        """Logged in still, or again: a card can forget a login, as OpenSC's do after a touch that did not come.

        The PIN is the one that this token accepted; where it was typed on the token nobody is asked for it unannounced.
        Raises: PKCS11Error; then the PIN is forgotten, and never tried again.
        """
        if self.module.is_logged_in(self.session):
            return
        pin, self.pin = self.pin, None
        if pin is None:
            raise UserNotLoggedIn
        self.module.log_in(self.session, pin)
        self.pin = pin

    def close(self) -> None:
        """The token is logged out of and the session closed, whatever the module answers."""
        self.module.log_out(self.session)
        self.module.close(self.session)

    def _begin_anew(self) -> None:
        """What was begun ends with its session; a second one keeps the login."""
        with suppress(PKCS11Error):
            fresh = _open(self.module, self.session.token)
            self.module.close(self.session)
            self.session = fresh


def log_in(module: Module, token: Token, pin: Pin | None) -> Login:
    """The token, logged in to by one try of `pin`; refused, it leaves no session behind.

    Raises: TroubleError without a PIN, where the token has no place of its own to type it on; PKCS11Error.
    """
    if pin is None and TokenFlag.PROTECTED_AUTHENTICATION_PATH not in token.flags:
        raise TroubleError(Trouble.NO_PIN)
    with ExitStack() as on_failure:
        session = _open(module, token)
        on_failure.callback(module.close, session)
        module.log_in(session, pin)
        on_failure.pop_all()
        return Login(module, name_of_token(token), session, pin)


def set_pin(module: Module, token: Token, current: Pin, new: Pin) -> None:
    """The token has a new PIN, by one try of the current one.

    Raises: TroubleError where it does not take the new one, PKCS11Error.
    """
    lengths = module.pin_lengths(token)
    if not _fits(lengths, new):
        raise TroubleError(Trouble.NEW_PIN_REFUSED)
    session = module.open(token, is_writing=True)
    try:
        _set_pin(module, session, current, new)
    except _ABOUT_THE_NEW_PIN as error:
        if _fits(lengths, current):
            raise TroubleError(Trouble.NEW_PIN_REFUSED) from error
        raise
    finally:
        module.close(session)


@contextmanager
def passing_session(module: Module, token: Token) -> Iterator[Session]:
    """A session for reading, closed afterwards.

    Raises: PKCS11Error.
    """
    session = module.open(token, is_writing=False)
    try:
        yield session
    finally:
        module.close(session)


def _open(module: Module, token: Token) -> Session:
    """A new session, in which keys can be made unless the token is write-protected."""
    return module.open(token, is_writing=TokenFlag.WRITE_PROTECTED not in token.flags)


def _set_pin(module: Module, session: Session, current: Pin, new: Pin) -> None:
    try:
        module.set_pin(session, current, new)
    except UserNotLoggedIn:
        # NSS wants the user logged in first; this is still the first try of the PIN, and a right one costs none
        with ExitStack() as at_end:
            module.log_in(session, current)
            at_end.callback(module.log_out, session)
            module.set_pin(session, current, new)


def _fits(lengths: tuple[int, int], pin: Pin) -> bool:
    """Whether the PIN is as long as the token says that PINs are; a token that says nothing takes all but none."""
    shortest, longest = lengths
    length = len(pin.secret.encode(errors="surrogatepass"))
    return max(shortest, 1) <= length and (length <= longest or not longest)
