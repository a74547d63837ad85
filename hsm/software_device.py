"""Driver: keys in an encrypted file, one file per device in a folder; for rehearsals and tests only."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from hsm.device import Codes, DeviceInfo, DeviceKey, Pin, Scheme, Slot
from hsm.errors import (
    CodeRefusedError,
    DeviceAbsentError,
    DeviceFaultError,
    KeyAbsentError,
    KeyExistsError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.software_file import TRIES, DeviceFile
from hsm.software_seal import resealed_key, seal, sealed_key, sign_with, unseal, wrapping_key

Touch = Callable[[int], bool]


def find_devices(folder: Path) -> tuple["SoftwareDevice | DeviceFaultError", ...]:
    """The devices of `folder` by serial, and a fault in place of each file that is not one; none without a folder."""
    found: list[SoftwareDevice | DeviceFaultError] = []
    for path in sorted(folder.glob("*.json")):
        with suppress(DeviceAbsentError):
            found.append(_found(path))
    return tuple(found)


def list_devices(folder: Path) -> tuple["SoftwareDevice", ...]:
    """The devices of `folder` by serial; what is not one is passed over."""
    return tuple(found for found in find_devices(folder) if isinstance(found, SoftwareDevice))


def _at_once(_seconds: int) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class SoftwareDevice:
    """A software device, locked; `touch` waits for a touch that many seconds and says whether one came."""

    path: Path
    info: DeviceInfo
    touch: Touch = field(default=_at_once, repr=False)

    @classmethod
    def create(  # noqa: PLR0913, PLR0917 - each is a fact of the device, named by its caller
        cls,
        folder: Path,
        serial: str,
        label: str,
        pin: Pin,
        schemes: tuple[Scheme, ...] = tuple(Scheme),
        touch_seconds: int | None = None,
    ) -> Self:
        """A new device without keys, in a file that was not there before; its owner gives the label.

        Raises: DeviceFaultError where the serial is taken or no good as a file name, or the folder cannot be written.
        """
        salt = os.urandom(16)
        check = seal(wrapping_key(pin, salt), b"", serial)
        names = tuple(scheme.value for scheme in schemes)
        fresh = DeviceFile(serial, label, names, touch_seconds or 0, TRIES, salt.hex(), check)
        path = folder / f"{serial}.json"
        try:
            info = _info(path, fresh)
        except ValueError as error:
            raise DeviceFaultError(serial, "SerialInvalid") from error
        fresh.create(path)
        return cls(path, info)

    def refresh(self) -> DeviceInfo:
        """What the device tells now.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        return _info(self.path, DeviceFile.read(self.path))

    def keys(self) -> tuple[DeviceKey, ...]:
        """Every key on the device, by label then key_id.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        return DeviceFile.read(self.path).described_keys()

    def slots(self) -> tuple[Slot, ...]:
        """None: its keys lie in no numbered places."""
        return ()

    def unlock(self, pin: Pin | None) -> "UnlockedSoftwareDevice":
        """The device, unlocked by one try of `pin`; the try is counted on disk before it is made.

        Raises: WrongPinError, PinBlockedError, UnsupportedError without a PIN, DeviceAbsentError, DeviceFaultError.
        """
        restored, under = self._tried(pin)
        return UnlockedSoftwareDevice(self.path, _info(self.path, restored), under, self.touch)

    def prepare(self, current: Pin | None, codes: Codes) -> None:
        """The device has the PIN of `codes`, and three tries; it has no other code.

        Raises: UnsupportedError without the current PIN or with a PUK, CodeRefusedError where the new PIN is empty,
        WrongPinError, PinBlockedError, DeviceAbsentError, DeviceFaultError.
        """
        if codes.puk is not None:
            raise UnsupportedError(self.info.serial, "set a PUK")
        if not codes.pin.secret:
            raise CodeRefusedError(self.info.serial, "PIN")
        stored, under = self._tried(current)
        salt = os.urandom(16)
        anew = wrapping_key(codes.pin, salt)
        fault = DeviceFaultError(stored.serial, "InvalidTag")
        keys = tuple(resealed_key(under, anew, key, fault) for key in stored.keys)
        replace(stored, salt=salt.hex(), check=seal(anew, b"", stored.serial), keys=keys).replace(self.path)

    def unblock(self, puk: Pin, pin: Pin) -> None:  # noqa: ARG002 - it has no PUK to try
        """Never: nothing but its PIN opens it.

        Raises: UnsupportedError, always.
        """
        raise UnsupportedError(self.info.serial, "unblock")

    def _tried(self, pin: Pin | None) -> tuple[DeviceFile, bytes]:
        """The file with all its tries, after one good one, and the key that its keys are sealed under."""
        stored = DeviceFile.read(self.path)
        left = stored.attempts_left - 1
        if left < 0:
            raise PinBlockedError(stored.serial)
        if pin is None:
            raise UnsupportedError(stored.serial, "unlock without a PIN")
        replace(stored, attempts_left=left).replace(self.path)
        under = wrapping_key(pin, bytes.fromhex(stored.salt))
        unseal(under, stored.check, stored.serial, WrongPinError(stored.serial, left))
        restored = replace(stored, attempts_left=TRIES)
        restored.replace(self.path)
        return restored, under


class UnlockedSoftwareDevice:
    """A software device whose PIN was accepted; it holds the key its private keys are sealed under until it closes."""

    def __init__(self, path: Path, info: DeviceInfo, under: bytes, touch: Touch) -> None:
        self._path = path
        self._info = info
        self._under: bytes | None = under
        self._touch = touch

    @property
    def info(self) -> DeviceInfo:
        """What the device told of itself when it was unlocked."""
        return self._info

    def keys(self) -> tuple[DeviceKey, ...]:
        """Every key on the device, by label then key_id.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        return self._opened()[1].described_keys()

    def generate(self, label: str, scheme: Scheme, slot: str = "", loses: str = "") -> DeviceKey:
        """A new key, sealed into the file under a label that was free; there are no slots.

        Raises: KeyExistsError (nothing changed), UnsupportedError, DeviceAbsentError, DeviceFaultError.
        """
        under, stored = self._opened()
        if slot or loses:
            raise UnsupportedError(stored.serial, "slots")
        if scheme not in self._info.schemes:
            raise UnsupportedError(stored.serial, scheme.value)
        if any(key.label == label for key in stored.keys):
            raise KeyExistsError(stored.serial, label)
        key = sealed_key(under, label, scheme)
        replace(stored, keys=(*stored.keys, key)).replace(self._path)
        return key.described()

    def attestation(self, key: DeviceKey) -> tuple[bytes, ...]:  # noqa: ARG002 - whatever the key
        """None: a software device has no maker to speak for it.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        self._opened()
        return ()

    def sign(self, key: DeviceKey, message: bytes) -> bytes:
        """The signature of the whole `message`, after a touch where the device asks for one.

        Raises: KeyAbsentError, TouchMissingError, DeviceAbsentError, DeviceFaultError.
        """
        under, stored = self._opened()
        found = next((each for each in stored.keys if each.key_id == key.key_id), None)
        if found is None:
            raise KeyAbsentError(stored.serial, key.label)
        self._await_touch()
        under, stored = self._opened()
        fault = DeviceFaultError(stored.serial, "InvalidTag")
        return sign_with(under, found, message, fault)

    def close(self) -> None:
        """The device is locked again; closing twice, or after removal, does nothing."""
        self._under = None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed, whatever happened inside."""
        self.close()

    def _opened(self) -> tuple[bytes, DeviceFile]:
        if self._under is None:
            raise DeviceAbsentError(self._info.serial)
        return self._under, DeviceFile.read(self._path)

    def _await_touch(self) -> None:
        seconds = self._info.touch_seconds
        if seconds is not None and not self._touch(seconds):
            raise TouchMissingError(self._info.serial, seconds)


def _found(path: Path) -> SoftwareDevice | DeviceFaultError:
    try:
        return SoftwareDevice(path, _info(path, DeviceFile.read(path)))
    except DeviceFaultError as fault:
        return fault


def _info(path: Path, stored: DeviceFile) -> DeviceInfo:
    return replace(stored.info(), found_in=str(path.parent))
