"""Driver: any PKCS#11 module; tokens are found anew by serial and label at each act, never by slot."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

import pkcs11
from pkcs11 import Mechanism, TokenFlag
from pkcs11.exceptions import (
    FunctionCancelled,
    MechanismInvalid,
    NoSuchKey,
    PKCS11Error,
    TokenNotPresent,
    TokenNotRecognised,
)
from pkcs11.types import Session, Slot, Token

from hsm.algorithms import ECDSA
from hsm.device import DeviceInfo, DeviceKey, Pin, PinState, Scheme
from hsm.errors import (
    DeviceAbsentError,
    DeviceBusyError,
    DeviceError,
    DeviceFaultError,
    KeyAbsentError,
    KeyExistsError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.pkcs11_answers import BLOCKED_PIN, BUSY, GONE, WRONG_PIN, name_of
from hsm.pkcs11_keys import both_halves, generate, is_taken, printable, public_halves, sign
from hsm.pkcs11_login import LoginRefusedError, log_in, log_out

# python-pkcs11 initialises modules for one thread alone (C_Initialize without arguments) and lets go of the GIL.
_ALONE = RLock()


def find_devices(module: Path) -> tuple["Pkcs11Device | DeviceFaultError", ...]:
    """The tokens of `module` in its own order, and a fault, by the name of its slot, in place of each that fails.

    Raises: DeviceFaultError, with the path of the module as serial, where the module itself does not load or answer.
    """
    with _ALONE:
        try:
            found = [_found(module, slot) for slot in _slots(module)]
        except PKCS11Error as error:
            raise DeviceFaultError(str(module), type(error).__name__) from error
    return tuple(each for each in found if each is not None)


def list_devices(module: Path) -> tuple["Pkcs11Device", ...]:
    """The tokens of `module` that can be identified, in its own order; empty slots and blank tokens are none.

    Raises: DeviceFaultError, with the path of the module as serial, where the module itself does not load or answer.
    """
    return tuple(found for found in find_devices(module) if isinstance(found, Pkcs11Device))


@dataclass(frozen=True, slots=True)
class Pkcs11Device:
    """A token of a PKCS#11 module, locked."""

    module: Path
    info: DeviceInfo

    def refresh(self) -> DeviceInfo:
        """What the token tells now.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        with _acting(self) as token:
            return _info(token)

    def keys(self) -> tuple[DeviceKey, ...]:
        """The keys whose public half can be read without a PIN, by label then key_id.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        with _acting(self) as token, ExitStack() as at_end:
            session = token.open()
            at_end.callback(_let_go, session)
            return public_halves(session)

    def unlock(self, pin: Pin) -> "UnlockedPkcs11Device":
        """The token, unlocked by one try of `pin`, with one session that closes with it.

        Raises: WrongPinError, PinBlockedError, DeviceAbsentError, DeviceBusyError, DeviceFaultError.
        """
        with _acting(self) as token, ExitStack() as on_failure:
            session = token.open(rw=TokenFlag.WRITE_PROTECTED not in token.flags)
            on_failure.callback(_let_go, session)
            log_in(self.module, _handle(session), pin.secret.encode(errors="surrogatepass"))
            on_failure.callback(log_out, self.module, _handle(session))
            unlocked = UnlockedPkcs11Device(Pkcs11Device(self.module, _info(token)), session, pin)
            on_failure.pop_all()
            return unlocked


class UnlockedPkcs11Device:
    """A token whose PIN was accepted; the PIN is kept while it is open, for keys that want it at each signature."""

    def __init__(self, device: Pkcs11Device, session: Session, pin: Pin) -> None:
        self._device = device
        self._open: tuple[Session, Pin] | None = (session, pin)

    @property
    def info(self) -> DeviceInfo:
        """What the token told of itself when it was unlocked."""
        return self._device.info

    def keys(self) -> tuple[DeviceKey, ...]:
        """Every key whose two halves are on the token, by label then key_id.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        with self._acting() as (session, _):
            return both_halves(session)

    def generate(self, label: str, scheme: Scheme) -> DeviceKey:
        """A new key, made inside the token and never extractable, under a label that was free and a random id.

        Raises: KeyExistsError (nothing changed), UnsupportedError, DeviceAbsentError, DeviceFaultError.
        """
        with self._acting() as (session, _):
            if scheme not in self.info.schemes:
                raise UnsupportedError(self.info.serial, scheme.value)
            if is_taken(session, label):
                raise KeyExistsError(self.info.serial, label)
            try:
                return generate(session, label, scheme)
            except MechanismInvalid as error:
                raise UnsupportedError(self.info.serial, scheme.value) from error

    def sign(self, key: DeviceKey, message: bytes) -> bytes:
        """The signature of the whole `message`: ECDSA in DER, Ed25519 as 64 bytes.

        Raises: KeyAbsentError, TouchMissingError, WrongPinError, PinBlockedError, DeviceAbsentError, DeviceFaultError.
        """
        begun = time.monotonic()
        with self._acting() as (session, pin):
            try:
                return sign(session, key, message, pin)
            except NoSuchKey as error:
                raise KeyAbsentError(self.info.serial, key.label) from error
            except FunctionCancelled as error:
                # no caller of ours cancels: the token gave up waiting for its button
                raise TouchMissingError(self.info.serial, round(time.monotonic() - begun)) from error

    def close(self) -> None:
        """The token is logged out and the PIN forgotten; closing twice, or after removal, does nothing."""
        if self._open is None:
            return
        session, _ = self._open
        self._open = None
        with _ALONE:
            log_out(self._device.module, _handle(session))
            _let_go(session)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed, whatever happened inside."""
        self.close()

    @contextmanager
    def _acting(self) -> Iterator[tuple[Session, Pin]]:
        with _acting(self._device):
            if self._open is None:
                raise DeviceAbsentError(self.info.serial)
            yield self._open


@contextmanager
def _acting(device: Pkcs11Device) -> Iterator[Token]:
    with _ALONE:
        try:
            yield _token(device)
        except LoginRefusedError as error:
            raise _ours(device, name_of(error.code)) from error
        except PKCS11Error as error:
            raise _ours(device, type(error).__name__) from error


def _ours(device: Pkcs11Device, name: str) -> DeviceError:
    serial = device.info.serial
    try:
        state = _pin_state(_token(device).flags)
    except (DeviceAbsentError, PKCS11Error):
        return DeviceAbsentError(serial)
    if name in WRONG_PIN:
        return WrongPinError(serial, state.attempts_left)
    if name in BLOCKED_PIN:
        return PinBlockedError(serial)
    if name in BUSY:
        return DeviceBusyError(serial)
    return DeviceAbsentError(serial) if name in GONE else DeviceFaultError(serial, name)


def _token(device: Pkcs11Device) -> Token:
    same = [token for token in _tokens(device.module) if _names(token) == (device.info.serial, device.info.label)]
    match same:
        case [token]:
            return token
        case []:
            raise DeviceAbsentError(device.info.serial)
    raise DeviceFaultError(device.info.serial, "MultipleTokensReturned")


def _tokens(module: Path) -> Iterator[Token]:
    for slot in _slots(module):
        with suppress(PKCS11Error):  # one bad slot must not hide the others
            yield slot.get_token()


def _slots(module: Path) -> list[Slot]:
    # one module under two names would be initialised twice, and refuse
    return pkcs11.lib(str(module.resolve() if module.exists() else module)).get_slots()


def _found(module: Path, slot: Slot) -> Pkcs11Device | DeviceFaultError | None:
    try:
        token = slot.get_token()
        is_blank = TokenFlag.TOKEN_INITIALIZED not in token.flags or _names(token) == ("", "")
        return None if is_blank else Pkcs11Device(module, _info(token))
    except (TokenNotPresent, TokenNotRecognised):
        return None
    except PKCS11Error as error:
        fault = DeviceFaultError(printable(slot.slot_description), type(error).__name__)
        fault.__cause__ = error
        return fault


def _info(token: Token) -> DeviceInfo:
    serial, label = _names(token)
    return DeviceInfo(
        driver="pkcs11",
        maker=printable(token.manufacturer_id),
        model=printable(token.model),
        serial=serial,
        label=label,
        firmware=".".join(map(str, token.firmware_version)),
        pin=_pin_state(token.slot.get_token().flags),
        schemes=tuple(_schemes(token.slot.get_mechanisms())),
    )


def _names(token: Token) -> tuple[str, str]:
    return printable(token.serial.rstrip(b"\0 ").decode(errors="replace")), printable(token.label)


def _pin_state(flags: TokenFlag) -> PinState:
    is_blocked = TokenFlag.USER_PIN_LOCKED in flags
    is_final_try = TokenFlag.USER_PIN_FINAL_TRY in flags and not is_blocked
    return PinState(
        attempts_left=0 if is_blocked else 1 if is_final_try else None,
        is_low=TokenFlag.USER_PIN_COUNT_LOW in flags or is_final_try or is_blocked,
        is_final_try=is_final_try,
        is_blocked=is_blocked,
        is_default=True if TokenFlag.USER_PIN_TO_BE_CHANGED in flags else None,
    )


def _schemes(mechanisms: set[Mechanism]) -> Iterator[Scheme]:
    if Mechanism.ECDSA in mechanisms:
        yield from ECDSA
    if {Mechanism.EDDSA, Mechanism.EC_EDWARDS_KEY_PAIR_GEN} <= mechanisms:
        yield Scheme.ED25519


def _handle(session: Session) -> int:
    return int(session.handle)  # type: ignore[attr-defined] # the Cython session has it, its stub does not say so


def _let_go(session: Session) -> None:
    with suppress(PKCS11Error):  # a session of a removed token has gone already
        session.close()
