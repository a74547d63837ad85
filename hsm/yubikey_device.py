"""Driver: YubiKeys, their PIV application over PC/SC; each is known by its serial, wherever it is plugged in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from yubikit.piv import PivSession

from hsm import yubikey_codes, yubikey_signing, yubikey_slots
from hsm.device import Codes, DeviceInfo, DeviceKey, Pin, Scheme, Slot
from hsm.errors import (
    DeviceAbsentError,
    DeviceBusyError,
    DeviceFaultError,
    DeviceSwappedError,
    PinBlockedError,
    UnsupportedError,
    WrongPinError,
)
from hsm.questions import Asked
from hsm.shown import printable
from hsm.yubikey_answers import GONE, told_as_ours
from hsm.yubikey_facts import once_verified
from hsm.yubikey_generation import Wish, generate, slots_for_keys
from hsm.yubikey_link import PcscError, readers
from hsm.yubikey_port import LOOK_SECONDS, Plugged, Port, plugged_in, port_of, serial_at

_PCSC = "PC/SC"


def find_devices() -> tuple["YubikeyDevice | DeviceBusyError | DeviceFaultError", ...]:
    """Every YubiKey plugged in, and a fault, by the name of its reader, in place of each that cannot be asked.

    They are asked side by side. One that waits for a touch does not hold this up, one that does not answer does for 3
    seconds, and not at all where it left another listing waiting and has not answered since.
    Raises: DeviceFaultError, with "PC/SC" as serial, where the smart card service does not answer.
    """
    with told_as_ours(_PCSC):
        ports = [port_of(name) for name in readers()]
    looks = [(port, port.asked()) for port in ports]
    return tuple(each for port, asked in looks if (each := _found(port, asked)) is not None)


@dataclass(frozen=True, slots=True)
class YubikeyDevice:
    """A YubiKey, locked."""

    port: Port = field(compare=False, repr=False)
    info: DeviceInfo

    def refresh(self) -> DeviceInfo:
        """What the YubiKey tells now.

        Raises: DeviceAbsentError, DeviceBusyError, DeviceFaultError.
        """
        with self._reading() as plugged:
            return plugged.info

    def keys(self) -> tuple[DeviceKey, ...]:
        """Its keys of our schemes, by label then key_id; the label is the name in the certificate beside the key.

        Raises: DeviceAbsentError, DeviceBusyError, DeviceFaultError.
        """
        with self._reading() as plugged:
            return yubikey_slots.keys(plugged.session)

    def slots(self) -> tuple[Slot, ...]:
        """Its slots, that for signatures first.

        Raises: DeviceAbsentError, DeviceBusyError, DeviceFaultError.
        """
        with self._reading() as plugged:
            return slots_for_keys(plugged.session, self.info.serial)

    def unlock(self, pin: Pin | None) -> "UnlockedYubikeyDevice":
        """The YubiKey, unlocked by one try of `pin`, over a connection of its own that closes with it.

        Raises: WrongPinError, PinBlockedError, UnsupportedError without a PIN, DeviceAbsentError, DeviceSwappedError,
        DeviceBusyError, DeviceFaultError.
        """
        if pin is None:
            raise UnsupportedError(self.info.serial, "unlock without a PIN")
        with self._alone() as (port, plugged):
            yubikey_codes.verify(plugged.session, self.info.serial, pin)
            plugged.info = once_verified(plugged.session, plugged.info)
            port.keep(plugged)
            return UnlockedYubikeyDevice(port, plugged, pin)

    def prepare(self, current: Pin | None, codes: Codes) -> None:
        """The YubiKey has these codes, and a random management key that it keeps itself, under its PIN.

        Raises: CodeRefusedError, WrongPinError, PinBlockedError, ManagementKeyUnknownError, TouchMissingError,
        UnsupportedError, DeviceAbsentError, DeviceSwappedError, DeviceBusyError, DeviceFaultError.
        """
        with self._alone() as (_, plugged):
            yubikey_codes.prepare(plugged.session, self.info.serial, current, codes)

    def unblock(self, puk: Pin, pin: Pin) -> None:
        """The YubiKey has this PIN, by one try of `puk`.

        Raises: CodeRefusedError, WrongPukError, PukBlockedError, DeviceAbsentError, DeviceSwappedError,
        DeviceBusyError, DeviceFaultError.
        """
        with self._alone() as (_, plugged):
            yubikey_codes.unblock(plugged.session, self.info.serial, puk, pin)

    @contextmanager
    def _reading(self) -> Iterator[Plugged]:
        try:
            with plugged_in(self.info.serial, self.port) as (_, plugged):
                yield plugged
        except DeviceSwappedError as error:
            raise DeviceAbsentError(self.info.serial) from error

    @contextmanager
    def _alone(self) -> Iterator[tuple[Port, Plugged]]:
        """For acts with a code: the serial was read over this connection, and nobody has the YubiKey unlocked."""
        with plugged_in(self.info.serial, self.port) as (port, plugged):
            if port.keeps(plugged):
                raise DeviceBusyError(self.info.serial)
            yield port, plugged


class UnlockedYubikeyDevice:
    """A YubiKey whose PIN was accepted. Once pulled out it is lost for good: its PIN is never tried again."""

    def __init__(self, port: Port, plugged: Plugged, pin: Pin) -> None:
        self._port = port
        self._plugged = plugged
        self._info = plugged.info
        self._pin: Pin | None = pin
        self._is_closed = False

    @property
    def info(self) -> DeviceInfo:
        """What the YubiKey told of itself when it was unlocked."""
        return self._info

    def keys(self) -> tuple[DeviceKey, ...]:
        """Its keys of our schemes, by label then key_id.

        Raises: DeviceAbsentError, DeviceSwappedError, DeviceFaultError.
        """
        with self._acting() as (session, _):
            return yubikey_slots.keys(session)

    def generate(self, label: str, scheme: Scheme, slot: str = "", loses: str = "") -> DeviceKey:
        """A new key, made inside, in `slot` ("" for 9c), with a certificate that bears the label.

        Raises: KeyExistsError (nothing changed), UnsupportedError, TouchMissingError, ManagementKeyUnknownError,
        WrongPinError, PinBlockedError, DeviceAbsentError, DeviceSwappedError, DeviceFaultError.
        """
        with self._acting() as (session, pin):
            return generate(session, self._info, pin, Wish(label, scheme, slot, loses))

    def attestation(self, key: DeviceKey) -> tuple[bytes, ...]:
        """What the YubiKey says of a key that it made, and the certificate of what says so; () of any other key.

        Raises: KeyAbsentError, DeviceAbsentError, DeviceSwappedError, DeviceFaultError.
        """
        with self._acting() as (session, _):
            return yubikey_signing.attest(session, self._info.serial, key)

    def sign(self, key: DeviceKey, message: bytes) -> bytes:
        """The signature of the whole `message`: ECDSA in DER, Ed25519 as 64 bytes. It waits for a touch, up to 15 s.

        A PIN that is refused is not tried again: the YubiKey is locked then.
        Raises: KeyAbsentError, TouchMissingError, WrongPinError, PinBlockedError, UnsupportedError, DeviceAbsentError,
        DeviceSwappedError, DeviceFaultError.
        """
        with self._acting() as (session, pin):
            return yubikey_signing.sign(session, self._info.serial, key, message, pin)

    def close(self) -> None:
        """The YubiKey is locked and the PIN forgotten; closing twice, or after removal, does nothing."""
        self._is_closed = True
        self._lose()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed, whatever happened inside."""
        self.close()

    def _lose(self) -> None:
        self._port.drop(self._plugged)
        self._pin = None

    @contextmanager
    def _acting(self) -> Iterator[tuple[PivSession, Pin]]:
        with told_as_ours(self._info.serial), self._port.turn():
            if self._pin is None or not self._port.keeps(self._plugged):
                raise self._gone()
            try:
                yield self._plugged.session, self._pin
            except (WrongPinError, PinBlockedError):
                self.close()
                raise
            except PcscError as error:
                self._lose()
                if error.code not in GONE:
                    raise
                raise self._gone() from error

    def _gone(self) -> DeviceAbsentError | DeviceSwappedError:
        """It is not here any more: because it was closed, or pulled out, or another one stands in its place."""
        self._lose()
        serial = self._info.serial
        found = "" if self._is_closed else serial_at(self._port)
        return DeviceSwappedError(serial, found) if found not in {"", serial} else DeviceAbsentError(serial)


def _found(port: Port, asked: Asked[DeviceInfo]) -> YubikeyDevice | DeviceBusyError | DeviceFaultError | None:
    try:
        with told_as_ours(printable(port.reader)):
            return YubikeyDevice(port, asked.within(LOOK_SECONDS))
    except DeviceAbsentError:
        return None  # pulled out since it was listed
    except (DeviceBusyError, DeviceFaultError) as fault:
        return fault
