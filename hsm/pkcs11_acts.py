"""What the process of a module does on request: one act for each kind of request, and the logins that are open."""

from functools import singledispatchmethod
from itertools import count

from pkcs11.exceptions import PKCS11Error

from hsm.pkcs11_keys import generate, public_keys, whole_keys
from hsm.pkcs11_login import Login, log_in, passing_session, set_pin
from hsm.pkcs11_mechanisms import Offered, offered
from hsm.pkcs11_messages import (
    CertificateList,
    Describe,
    Done,
    Generate,
    KeyFacts,
    KeyList,
    ListCertificates,
    ListKeys,
    ListPublicKeys,
    ListSlots,
    Lock,
    Opened,
    Refused,
    SetPin,
    Sign,
    Signed,
    SlotList,
    Start,
    TokenFacts,
    TokenName,
    Unlock,
)
from hsm.pkcs11_module import Module
from hsm.pkcs11_refusals import name_of
from hsm.pkcs11_signing import certificates, sign
from hsm.pkcs11_tokens import describe, find, list_slots
from hsm.pkcs11_trouble import Trouble, TroubleError


class Acts:
    """A module, once it is started, and its tokens; the acts come one after the other."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._loaded: Module | None = None
        self._logins: dict[int, tuple[Login, Offered]] = {}
        self._numbers = count(1)

    def answer(self, request: object) -> object:
        """What comes of the request, in every case: its own kind of answer, or `Refused`."""
        try:
            return self._do(request)
        except PKCS11Error as error:
            return self._refused(request, name_of(error))
        except TroubleError as error:
            return self._refused(request, error.trouble.value)
        except Exception as error:  # noqa: BLE001 - the front door of this process: whatever it was is told by its name
            return self._refused(request, type(error).__name__)

    def close(self) -> None:
        """Every token is logged out of, and the module let go."""
        for login, _ in self._logins.values():
            login.close()
        if self._loaded is not None:
            self._loaded.finalise()

    @property
    def _module(self) -> Module:
        if self._loaded is None:
            raise TroubleError(Trouble.MODULE_NOT_LOADED)
        return self._loaded

    def _refused(self, request: object, code: str) -> Refused:
        """The refusal, with what the token is like just afterwards."""
        try:
            token = find(self._module, self._token_of(request))
        except (PKCS11Error, TroubleError):
            return Refused(code)
        return Refused(code, is_present=True, flags=int(token.flags))

    def _token_of(self, request: object) -> TokenName:
        if isinstance(request, Describe | ListPublicKeys | SetPin | Unlock):
            return request.token
        if isinstance(request, ListKeys | Generate | Sign | ListCertificates):
            return self._login(request.login)[0].token
        raise TroubleError(Trouble.TOKEN_ABSENT)

    def _login(self, number: int) -> tuple[Login, Offered]:
        if number not in self._logins:
            raise TroubleError(Trouble.LOGIN_CLOSED)
        return self._logins[number]

    def _open_login(self, number: int) -> tuple[Login, Offered]:
        """The login, of a token that is where it was and has not forgotten it."""
        login, offers = self._login(number)
        if find(self._module, login.token).slot.slot_id != login.session.token.slot.slot_id:
            raise TroubleError(Trouble.TOKEN_ABSENT)  # another lies where it was, and must not get its PIN
        login.resume()
        return login, offers

    @singledispatchmethod
    def _do(self, request: object) -> object:
        raise TypeError(request)

    @_do.register
    def _start(self, request: Start) -> Done:
        try:
            self._loaded = Module(request.module)
        except (OSError, AttributeError) as error:
            raise TroubleError(Trouble.MODULE_NOT_LOADED) from error
        return Done()

    @_do.register
    def _list_slots(self, request: ListSlots) -> SlotList:
        return list_slots(self._module, request.skipped)

    @_do.register
    def _describe(self, request: Describe) -> TokenFacts:
        token = find(self._module, request.token)
        return describe(token, offered(token.slot))

    @_do.register
    def _list_public_keys(self, request: ListPublicKeys) -> KeyList:
        token = find(self._module, request.token)
        with passing_session(self._module, token) as session:
            return public_keys(session)

    @_do.register
    def _set_pin(self, request: SetPin) -> Done:
        token = find(self._module, request.token)
        if any(login.token == request.token for login, _ in self._logins.values()):
            raise TroubleError(Trouble.TOKEN_UNLOCKED)  # its login would go on with a PIN that is wrong by then
        set_pin(self._module, token, request.current, request.new)
        return Done()

    @_do.register
    def _unlock(self, request: Unlock) -> Opened:
        token = find(self._module, request.token)
        login = log_in(self._module, token, request.pin)
        try:
            offers = offered(token.slot)
            facts = describe(token.slot.get_token(), offers)
        except BaseException:
            login.close()
            raise
        number = next(self._numbers)
        self._logins[number] = login, offers
        return Opened(number, facts)

    @_do.register
    def _lock(self, request: Lock) -> Done:
        login, _ = self._login(request.login)
        del self._logins[request.login]
        login.close()
        return Done()

    @_do.register
    def _list_keys(self, request: ListKeys) -> KeyList:
        login, _ = self._open_login(request.login)
        return whole_keys(login.session)

    @_do.register
    def _generate(self, request: Generate) -> KeyFacts:
        login, offers = self._open_login(request.login)
        return generate(login.session, request.label, request.scheme, offers)

    @_do.register
    def _sign(self, request: Sign) -> Signed:
        login, offers = self._open_login(request.login)
        return Signed(sign(login, request.key_id, request.scheme, request.message, offers))

    @_do.register
    def _list_certificates(self, request: ListCertificates) -> CertificateList:
        login, _ = self._open_login(request.login)
        return certificates(login.session)
