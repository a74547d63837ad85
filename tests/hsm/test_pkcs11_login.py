"""Logins on a loaded module: what is left of one that was refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.bench import PINS
from fakes.softhsm import MODULE, softhsm
from pkcs11.exceptions import PinIncorrect, UserNotLoggedIn
from pkcs11.types import Session, Token

from hsm import Pin
from hsm.pkcs11_login import log_in, set_pin
from hsm.pkcs11_module import Module
from hsm.pkcs11_tokens import find, list_slots
from hsm.pkcs11_trouble import Trouble, TroubleError

ANN, WRONG = Pin(PINS["ann"]), Pin("000000")


class Watched(Module):
    """A module in this process that knows which of its sessions are open; it can refuse to change a PIN at first."""

    def __init__(self) -> None:
        super().__init__(str(MODULE))
        self.sessions: set[Session] = set()
        self.wants_login = False
        self.tried: list[Pin | None] = []

    def open(self, token: Token, *, is_writing: bool) -> Session:
        """A session more."""
        session = super().open(token, is_writing=is_writing)
        self.sessions.add(session)
        return session

    def close(self, session: Session) -> None:
        """A session less."""
        super().close(session)
        self.sessions.discard(session)

    def log_in(self, session: Session, pin: Pin | None) -> None:
        """Logged in, and the PIN noticed."""
        self.tried.append(pin)
        super().log_in(session, pin)
        self.wants_login = False

    def set_pin(self, session: Session, current: Pin, new: Pin) -> None:
        """Refused before there is a login, where that is wanted."""
        if self.wants_login:
            raise UserNotLoggedIn
        super().set_pin(session, current, new)


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Watched]:
    """SoftHSM with ann's token."""
    with softhsm(tmp_path / "softhsm", {"ann": PINS["ann"]}):
        watched = Watched()
        try:
            yield watched
        finally:
            watched.finalise()


@pytest.fixture
def token(module: Watched) -> Token:
    """Ann's token."""
    (slot,) = list_slots(module, "").slots
    assert slot.token is not None
    return find(module, slot.token.name)


def test_a_refused_pin_leaves_no_session_behind(module: Watched, token: Token) -> None:
    """After wrong PINs nothing is open, and after the right one a single session, until it is closed."""
    for _ in range(3):
        with pytest.raises(PinIncorrect):
            log_in(module, token, WRONG)
    assert module.sessions == set()
    login = log_in(module, token, ANN)
    assert module.sessions == {login.session}
    login.close()
    assert module.sessions == set()


def test_no_pin_is_no_try(module: Watched, token: Token) -> None:
    """Without a pad to type on, a missing PIN stops the act before the token is asked."""
    with pytest.raises(TroubleError) as trouble:
        log_in(module, token, None)
    assert trouble.value.trouble is Trouble.NO_PIN
    assert (module.tried, module.sessions) == ([], set())


def test_an_open_login_does_not_show_its_pin(module: Watched, token: Token) -> None:
    """Neither does what keeps the login show the digits."""
    login = log_in(module, token, ANN)
    assert PINS["ann"] not in repr(login)
    login.close()


def test_a_token_that_wants_a_login_first_gets_one(module: Watched, token: Token) -> None:
    """The PIN is changed after one login, which ends with it; the current PIN was tried once."""
    module.wants_login = True
    set_pin(module, token, ANN, Pin("24680135"))
    assert (module.tried, module.sessions) == ([ANN], set())
    log_in(module, token, Pin("24680135")).close()


def test_a_wrong_pin_is_tried_once_where_a_login_is_wanted(module: Watched, token: Token) -> None:
    """Refused, it is not tried again, and nothing is left open."""
    module.wants_login = True
    with pytest.raises(PinIncorrect):
        set_pin(module, token, WRONG, Pin("24680135"))
    assert (module.tried, module.sessions) == ([WRONG], set())


def test_a_new_pin_of_an_impossible_length_is_not_tried(module: Watched, token: Token) -> None:
    """The token says how long its PINs are; what is not as long never reaches it."""
    for digits in ("", "1", "1" * (module.pin_lengths(token)[1] + 1)):
        with pytest.raises(TroubleError) as trouble:
            set_pin(module, token, ANN, Pin(digits))
        assert trouble.value.trouble is Trouble.NEW_PIN_REFUSED
    log_in(module, token, ANN).close()
