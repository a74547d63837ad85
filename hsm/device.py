"""What every device offers: it can be listed and identified while locked, and signs only once it is unlocked."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


class Scheme(StrEnum):
    """Signature schemes a device key can have, by their TUF names."""

    P256 = "ecdsa-sha2-nistp256"
    P384 = "ecdsa-sha2-nistp384"
    P521 = "ecdsa-sha2-nistp521"
    ED25519 = "ed25519"
    RSA_PSS = "rsassa-pss-sha256"


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN, or a PUK, on its way to a device; its digits appear in no representation."""

    secret: str = field(repr=False)

    def __str__(self) -> str:
        """The same as `repr`: no digits."""
        return repr(self)


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes that a device is to have from now on, and how many wrong tries of each it is to take.

    `puk` unblocks a blocked PIN; it is None for a device that has no such code.
    """

    pin: Pin
    puk: Pin | None = None
    tries: int = 5


@dataclass(frozen=True, slots=True)
class PinState:
    """What the device says of its PIN, or of its PUK, before anybody types one; None where it does not say.

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

    `key_id` is the device's own name for it, in hex (on a YubiKey its slot, such as "9c"); `public_der` is a
    SubjectPublicKeyInfo in DER. `is_generated_inside` and `is_extractable` are None where the device does not say;
    `pin_policy` is "always", "once" or "never", `touch_policy` "always", "cached" or "never", "" where it does not say.
    """

    label: str
    key_id: str
    scheme: Scheme
    public_der: bytes = field(repr=False)
    is_generated_inside: bool | None = None
    is_extractable: bool | None = None
    pin_policy: str = ""
    touch_policy: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One numbered place for a key on a device that has such places.

    `holds` names what lies there, so that people can say what would be lost: 16 hex digits of the SHA-256 of the public
    key (of the certificate, where there is no key), "" for an empty slot. `content` says the same in words.
    """

    name: str
    purpose: str
    holds: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device tells of itself before any PIN is asked.

    `driver` is "pkcs11", "yubikey" or "software"; `serial` is what the maker gave it and is what a roster names;
    `label` is what its owner wrote into it; `touch_seconds` is how long it waits for a touch, None if it asks for none.
    `found_in` is where this machine sees it: the name of a reader, the path of a module or of a folder.
    `form_factor` is what it looks like, "" where it does not say. `puk` is None where there is no such code.
    `has_pin_pad` is true where the PIN is typed on the device itself. `knows_makers_pin` is true where the driver knows
    the PIN that the maker gave the device: nobody has to type that one.
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
    found_in: str = ""
    form_factor: str = ""
    puk: PinState | None = None
    is_management_key_default: bool | None = None
    has_pin_pad: bool = False
    knows_makers_pin: bool = False

    @property
    def codes_are_told(self) -> bool:
        """Whether the device says if its codes are still its maker's."""
        return self.pin.is_default is not None

    @property
    def has_makers_codes(self) -> bool:
        """Whether PIN, PUK or management key are still those that everybody can read in the maker's manual."""
        puk_is_default = self.puk is not None and self.puk.is_default
        return bool(self.pin.is_default or puk_is_default or self.is_management_key_default)


class Unlocked(Protocol):
    """A device whose PIN was accepted; the PIN is forgotten when it closes. A context manager."""

    @property
    def info(self) -> DeviceInfo:
        """What the device told of itself when it was unlocked."""
        ...

    def keys(self) -> tuple[DeviceKey, ...]:
        """Every signing key on the device, ordered by label then key_id.

        Raises: DeviceAbsentError, DeviceSwappedError, DriverLostError, DeviceFaultError.
        """
        ...

    def generate(self, label: str, scheme: Scheme, slot: str = "", loses: str = "") -> DeviceKey:
        """A new key, made inside the device and never extractable, under a label that was free.

        A device with slots makes it in `slot` ("" for the usual one), which is empty or holds what `loses` names (see
        `Slot.holds`), and writes a certificate with the label beside it, for which it signs once; there the key wants
        PIN and touch for each signature. On other devices `slot` and `loses` are "".
        Raises: KeyExistsError (nothing changed), UnsupportedError, TouchMissingError, ManagementKeyUnknownError,
        WrongPinError, PinBlockedError, DeviceAbsentError, DeviceSwappedError, DriverLostError, DeviceFaultError.
        """
        ...

    def attestation(self, key: DeviceKey) -> tuple[bytes, ...]:
        """What the device says of the key in its maker's name: certificates in DER, the key's own first; () for none.

        Nothing is checked here: see `hsm.attestation`.
        Raises: DeviceAbsentError, DeviceSwappedError, DriverLostError, DeviceFaultError.
        """
        ...

    def sign(self, key: DeviceKey, message: bytes) -> bytes:
        """The signature of the whole `message` by `key`, as TUF writes it.

        ECDSA in DER, Ed25519 as 64 bytes, RSA-PSS as long as the modulus.
        Raises: KeyAbsentError, TouchMissingError, WrongPinError, PinBlockedError, DeviceAbsentError,
        DeviceSwappedError, UnsupportedError, DriverLostError, DeviceFaultError.
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

        Raises: DeviceAbsentError, DeviceBusyError, DriverLostError, DeviceFaultError.
        """
        ...

    def keys(self) -> tuple[DeviceKey, ...]:
        """The signing keys whose public half can be read without a PIN, ordered by label then key_id.

        Raises: DeviceAbsentError, DeviceBusyError, DriverLostError, DeviceFaultError.
        """
        ...

    def slots(self) -> tuple[Slot, ...]:
        """The places for keys, the usual one first; () on a device that has no numbered places.

        Raises: DeviceAbsentError, DeviceBusyError, DeviceFaultError.
        """
        ...

    def unlock(self, pin: Pin | None) -> Unlocked:
        """The device, unlocked by one try of `pin`; None where the PIN is typed on the device itself.

        Raises: WrongPinError, PinBlockedError, DeviceAbsentError, DeviceSwappedError, DeviceBusyError,
        DriverLostError, DeviceFaultError.
        """
        ...

    def prepare(self, current: Pin | None, codes: Codes) -> None:
        """The device has these codes, a management key that nobody knows, and its full count of tries.

        `current` is its PIN, None where that is still the maker's and the driver knows it (`knows_makers_pin`). Its
        keys stay. Pulled out in the middle, it has some of the maker's codes and says so (`has_makers_codes`, where it
        can): this can be done again.
        Raises: UnsupportedError, CodeRefusedError, WrongPinError, PinBlockedError, ManagementKeyUnknownError,
        DeviceAbsentError, DeviceSwappedError, DeviceBusyError, DeviceFaultError.
        """
        ...

    def unblock(self, puk: Pin, pin: Pin) -> None:
        """The device has this PIN, with its full count of tries, by one try of `puk`.

        Raises: UnsupportedError, CodeRefusedError, WrongPukError, PukBlockedError, DeviceAbsentError,
        DeviceSwappedError, DeviceBusyError, DeviceFaultError.
        """
        ...
