"""Driver: any PKCS#11 module, each in a process of its own; the devices here only ask it and understand its answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from hsm.device import Codes, DeviceInfo, DeviceKey, Pin, Scheme, Slot
from hsm.errors import (
    DeviceAbsentError,
    DeviceFaultError,
    DriverLostError,
    KeyAbsentError,
    KeyExistsError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.pkcs11_answers import error_of, info_of, key_of, keys_of, signature_of
from hsm.pkcs11_attestation import attestation_of
from hsm.pkcs11_driver import driver_of
from hsm.pkcs11_messages import (
    Describe,
    Generate,
    ListCertificates,
    ListKeys,
    ListPublicKeys,
    ListSlots,
    Lock,
    Request,
    SetPin,
    Sign,
    SlotFacts,
    TokenName,
    Unlock,
)
from hsm.pkcs11_process import LostError, ModuleProcess, ModuleRefusedError
from hsm.pkcs11_trouble import Trouble
from hsm.shown import printable

Reply = TypeVar("Reply")

_YUBIKEY_READERS = "yubico yubikey"


def find_devices(module: Path, *, skip_yubikeys: bool = False) -> tuple["Pkcs11Device | DeviceFaultError", ...]:
    """The tokens of `module` in its own order, and a fault, by the name of its slot, in place of each that fails.

    With `skip_yubikeys` the slots of readers that are YubiKeys are not looked into, and a module that takes hold of
    cards is told, once it is started, to leave YubiKeys alone.
    Raises: DeviceFaultError and DriverLostError, with the path of the module as serial, where the module itself does
    not load or answer.
    """
    path, driver = str(module), driver_of(module)
    driver.skips_yubikeys = skip_yubikeys
    try:
        told = driver.list_slots(ListSlots(_YUBIKEY_READERS if skip_yubikeys else ""))
    except ModuleRefusedError as error:
        raise DeviceFaultError(path, printable(error.refused.code)) from error
    except LostError as error:
        raise DriverLostError(path, error.how) from error
    return tuple(_found(module, each) for each in told.slots)


def listing_seconds(module: Path) -> float:
    """How long to wait for `find_devices` before the module counts as one that does not answer."""
    return driver_of(module).listing_seconds


def list_devices(module: Path) -> tuple["Pkcs11Device", ...]:
    """The tokens of `module` that can be identified, in its own order; empty slots and blank tokens are none.

    Raises: DeviceFaultError and DriverLostError, with the path of the module as serial.
    """
    return tuple(found for found in find_devices(module) if isinstance(found, Pkcs11Device))


@dataclass(frozen=True, slots=True)
class Pkcs11Device:
    """A token of a PKCS#11 module, locked."""

    module: Path
    info: DeviceInfo

    def refresh(self) -> DeviceInfo:
        """What the token tells now.

        Raises: DeviceAbsentError, DriverLostError, DeviceFaultError.
        """
        return info_of(self._ask(Describe(self._name)), str(self.module))

    def keys(self) -> tuple[DeviceKey, ...]:
        """The keys whose public half can be read without a PIN, by label then key_id.

        Raises: DeviceAbsentError, DriverLostError, DeviceFaultError.
        """
        return keys_of(self._ask(ListPublicKeys(self._name)).keys)

    def slots(self) -> tuple[Slot, ...]:
        """None: keys on a token lie in no numbered places."""
        return ()

    def unlock(self, pin: Pin | None) -> "UnlockedPkcs11Device":
        """The token, unlocked by one try of `pin`; with None its owner types it on the token, which waits for that.

        Raises: WrongPinError, PinBlockedError, UnsupportedError without a PIN where the token has no pad,
        DeviceAbsentError, DeviceBusyError, DriverLostError, DeviceFaultError.
        """
        with _understood(self.info.serial, "unlock without a PIN"):
            process = driver_of(self.module).process()
            opened = process.ask(Unlock(self._name, pin))
        info = info_of(opened.token, str(self.module))
        return UnlockedPkcs11Device(info, process, opened.login)

    def prepare(self, current: Pin | None, codes: Codes) -> None:
        """The token has the PIN of `codes`, by one try of the current one; how many tries it gives is its own affair.

        Raises: UnsupportedError without the current PIN or with a PUK, CodeRefusedError, WrongPinError,
        PinBlockedError, DeviceAbsentError, DeviceBusyError, DriverLostError, DeviceFaultError.
        """
        if current is None or codes.puk is not None:
            raise UnsupportedError(self.info.serial, "set a PUK" if codes.puk else "prepare without its PIN")
        self._ask(SetPin(self._name, current, codes.pin))

    def unblock(self, puk: Pin, pin: Pin) -> None:  # noqa: ARG002 - it has no PUK to try
        """Never: what unblocks a token is its security officer's PIN, with the tools of its maker.

        Raises: UnsupportedError, always.
        """
        raise UnsupportedError(self.info.serial, "unblock with the SO PIN")

    @property
    def _name(self) -> TokenName:
        return TokenName(self.info.serial, self.info.label)

    def _ask(self, request: Request[Reply]) -> Reply:
        with _understood(self.info.serial):
            return driver_of(self.module).process().ask(request)


class UnlockedPkcs11Device:
    """A token whose PIN was accepted; the PIN stays in the module's process, for keys that want it at each signature.

    It is bound to that process: once that is lost, every act says so, and the token has to be unlocked again.
    """

    def __init__(self, info: DeviceInfo, process: ModuleProcess, login: int) -> None:
        """Open under this number, in this process."""
        self._info = info
        self._process = process
        self._login: int | None = login

    @property
    def info(self) -> DeviceInfo:
        """What the token told of itself when it was unlocked."""
        return self._info

    def keys(self) -> tuple[DeviceKey, ...]:
        """Every key whose two halves are on the token, by label then key_id.

        Raises: DeviceAbsentError, DriverLostError, DeviceFaultError.
        """
        return keys_of(self._ask(ListKeys(self._opened())).keys)

    def generate(self, label: str, scheme: Scheme, slot: str = "", loses: str = "") -> DeviceKey:
        """A new key, made inside the token and never extractable, under a label that was free and a random id.

        Raises: KeyExistsError (nothing changed), UnsupportedError, DeviceAbsentError, DriverLostError,
        DeviceFaultError.
        """
        login = self._opened()
        if slot or loses:
            raise UnsupportedError(self.info.serial, "slots")
        made = key_of(self._ask(Generate(login, label, scheme), scheme.value, label))
        if made is None or made.scheme is not scheme:
            raise DeviceFaultError(self.info.serial, Trouble.KEY_NOT_KEPT_INSIDE.value)
        return made

    def attestation(self, key: DeviceKey) -> tuple[bytes, ...]:
        """The certificates on the token that attest the key in its maker's name, in DER, the key's own first.

        Raises: DeviceAbsentError, DriverLostError, DeviceFaultError.
        """
        return attestation_of(key.public_der, self._ask(ListCertificates(self._opened())).certificates)

    def sign(self, key: DeviceKey, message: bytes) -> bytes:
        """The signature of the whole `message`. A PIN that is refused is not tried again: the token is locked then.

        Raises: KeyAbsentError, TouchMissingError, WrongPinError, PinBlockedError, UnsupportedError, DeviceAbsentError,
        DriverLostError, DeviceFaultError.
        """
        request = Sign(self._opened(), bytes.fromhex(key.key_id), key.scheme, message)
        begun = time.monotonic()
        try:
            raw = self._ask(request, key.scheme.value, key.label).raw
        except DeviceFaultError as fault:
            if fault.code == Trouble.TOUCH_MISSING:
                raise TouchMissingError(self.info.serial, round(time.monotonic() - begun)) from fault.__cause__
            raise
        signature = signature_of(key, raw)
        if signature is None:
            raise DeviceFaultError(self.info.serial, "CKR_SIGNATURE_LEN_RANGE")
        return signature

    def close(self) -> None:
        """The token is logged out of and the PIN forgotten; closing twice, or after removal, does nothing."""
        if self._login is None:
            return
        login, self._login = self._login, None
        with suppress(LostError, ModuleRefusedError):  # it was locked when its process went
            self._process.ask(Lock(login))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed, whatever happened inside."""
        self.close()

    def _opened(self) -> int:
        if self._login is None:
            raise DeviceAbsentError(self.info.serial)
        return self._login

    def _ask(self, request: Request[Reply], wanted: str = "", label: str = "") -> Reply:
        try:
            with _understood(self.info.serial, wanted, label):
                return self._process.ask(request)
        except (WrongPinError, PinBlockedError):
            self.close()  # the PIN that was right is so no more, and must not be tried again
            raise


@contextmanager
def _understood(serial: str, wanted: str = "", label: str = "") -> Iterator[None]:
    try:
        yield
    except LostError as error:
        raise DriverLostError(serial, error.how) from error
    except ModuleRefusedError as error:
        if error.refused.code == Trouble.KEY_ABSENT:
            raise KeyAbsentError(serial, label) from error
        if error.refused.code == Trouble.KEY_EXISTS:
            raise KeyExistsError(serial, label) from error
        raise error_of(serial, error.refused, wanted) from error


def _found(module: Path, told: SlotFacts) -> Pkcs11Device | DeviceFaultError:
    if told.token is None:
        return DeviceFaultError(printable(told.description), printable(told.fault))
    return Pkcs11Device(module, info_of(told.token, str(module)))
