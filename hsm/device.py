"""What every device offers: it can be listed and identified while locked, and signs only once it is unlocked."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


class Scheme(StrEnum):
    """Signature schemes a device key can have, by their TUF names."""

    P256 = "ecdsa-sha2-nistp256"
    P384 = "ecdsa-sha2-nistp384"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN on its way to a device; its digits appear in no representation."""

    secret: str = field(repr=False)

    def __str__(self) -> str:
        """The same as `repr`: no digits."""
        return repr(self)


@dataclass(frozen=True, slots=True)
class PinState:
    """What the device says of its PIN before anybody types one; None where it does not say.

    `attempts_left` is exact or None; `is_low` and `is_final_try` are true after a wrong PIN and at the last try.
    """

    attempts_left: int | None = None
    is_low: bool = False
    is_final_try: bool = False
    is_blocked: bool = False
    is_default: bool | None = None


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """One signing key on a device: its public half and what the device says of the private one.

    `key_id` is the device's own name for it, in hex; `public_der` is a SubjectPublicKeyInfo in DER.
    `is_generated_inside` and `is_extractable` are None where the device does not say.
    """

    label: str
    key_id: str
    scheme: Scheme
    public_der: bytes = field(repr=False)
    is_generated_inside: bool | None = None
    is_extractable: bool | None = None


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device tells of itself before any PIN is asked.

    `driver` is "pkcs11", "yubikey" or "software"; `serial` is what the maker gave it and is what a roster names;
    `label` is what its owner wrote into it; `touch_seconds` is how long it waits for a touch, None if it asks for none.
    """

    driver: str
    maker: str
    model: str
    serial: str
    label: str
    firmware: str
    pin: PinState
    schemes: tuple[Scheme, ...]
    touch_seconds: int | None = None


class Unlocked(Protocol):
    """A device whose PIN was accepted; the PIN is forgotten when it closes. A context manager."""

    @property
    def info(self) -> DeviceInfo:
        """What the device told of itself when it was unlocked."""
        ...

    def keys(self) -> tuple[DeviceKey, ...]:
        """Every signing key on the device, ordered by label then key_id.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        ...

    def generate(self, label: str, scheme: Scheme) -> DeviceKey:
        """A new key, made inside the device and never extractable, under a label that was free.

        Raises: KeyExistsError (nothing changed), UnsupportedError, DeviceAbsentError, DeviceFaultError.
        """
        ...

    def sign(self, key: DeviceKey, message: bytes) -> bytes:
        """The signature of the whole `message` by `key`, as TUF writes it: ECDSA in DER, Ed25519 as 64 bytes.

        Raises: KeyAbsentError, TouchMissingError, WrongPinError, PinBlockedError, DeviceAbsentError, DeviceFaultError.
        """
        ...

    def close(self) -> None:
        """The device is locked again and the PIN forgotten; closing twice, or after removal, does nothing."""
        ...

    def __enter__(self) -> Self:
        """Itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed, whatever happened inside."""
        ...


class Device(Protocol):
    """A device that is plugged in, locked: it can be identified and its public keys read, but it has no `sign`."""

    @property
    def info(self) -> DeviceInfo:
        """What the device told when it was found."""
        ...

    def refresh(self) -> DeviceInfo:
        """What the device tells now (the PIN state changes).

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        ...

    def keys(self) -> tuple[DeviceKey, ...]:
        """The signing keys whose public half can be read without a PIN, ordered by label then key_id.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        ...

    def unlock(self, pin: Pin) -> Unlocked:
        """The device, unlocked by one try of `pin`.

        Raises: WrongPinError, PinBlockedError, DeviceAbsentError, DeviceBusyError, DeviceFaultError.
        """
        ...
