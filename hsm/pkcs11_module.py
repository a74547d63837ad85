"""A PKCS#11 module in this process: python-pkcs11, with the few calls of its own that it lacks."""

from contextlib import suppress

import pkcs11
from pkcs11.exceptions import PKCS11Error
from pkcs11.types import Object, Session, Slot, Token

from hsm.device import Pin
from hsm.pkcs11_login_calls import LoginCalls
from hsm.pkcs11_mechanisms import Way
from hsm.pkcs11_objects import Attributes


class Module:
    """A module, loaded and initialised for one thread; tokens, sessions and objects are those of python-pkcs11."""

    def __init__(self, path: str) -> None:
        """Ready.

        Raises: OSError where it does not load, AttributeError where it is no PKCS#11 module, PKCS11Error.
        """
        self._calls = LoginCalls(path)
        self._library = pkcs11.lib(path)

    def finalise(self) -> None:
        """Everything it held is let go.

        Raises: PKCS11Error.
        """
        self._library.finalize()

    def slots(self) -> tuple[Slot, ...]:
        """Every slot with a token, and those without where the module can tell of each, in its own order.

        Raises: PKCS11Error.
        """
        try:
            found = self._library.get_slots()
        except PKCS11Error:
            # get_slots (0.10.1) fails as a whole over one reader that is broken, or pulled out between its questions;
            # those in which no token can be are not missed
            found = self._library.get_slots(token_present=True)
        # a list that became shorter between the questions ends in slots of number 0
        return tuple({slot.slot_id: slot for slot in found}.values())

    def open(self, token: Token, *, is_writing: bool) -> Session:
        """A new session, without a login of its own.

        Raises: PKCS11Error.
        """
        return token.open(rw=is_writing, attribute_mapper=Attributes())

    def close(self, session: Session) -> None:
        """The session is closed, whatever the module answers."""
        with suppress(PKCS11Error):  # a session of a removed token has gone already
            session.close()

    def is_logged_in(self, session: Session) -> bool:
        """Whether the module says that the user is logged in on the session, or says nothing of it."""
        return self._calls.is_logged_in(_handle(session))

    def log_in(self, session: Session, pin: Pin | None) -> None:
        """Logged in by one try of the PIN; with None it is typed on the device itself.

        Raises: PKCS11Error.
        """
        digits = None if pin is None else pin.secret.encode(errors="surrogatepass")
        self._calls.log_in(_handle(session), digits)

    def log_out(self, session: Session) -> None:
        """Logged out, whatever the module answers."""
        with suppress(PKCS11Error):  # a token that was removed is locked already
            self._calls.log_out(_handle(session))

    def pin_lengths(self, token: Token) -> tuple[int, int]:
        """The shortest and the longest PIN that the token takes, in bytes; zeros where it does not say.

        Raises: PKCS11Error.
        """
        return self._calls.pin_lengths(token.slot.slot_id)

    def set_pin(self, session: Session, current: Pin, new: Pin) -> None:
        """The user's PIN is the new one.

        Raises: PKCS11Error.
        """
        session.set_pin(current.secret, new.secret)

    def sign_on_pad(self, session: Session, key: Object, way: Way, data: bytes) -> bytes:
        """A signature that the owner of the key allows by typing the PIN on the device.

        Raises: PKCS11Error.
        """
        return self._calls.sign_on_pad(_handle(session), _handle(key), way.mechanism, way.parameter or (), data)


def _handle(thing: Session | Object) -> int:
    return int(thing.handle)  # type: ignore[union-attr, arg-type] # a session has it too, its stub does not say so
