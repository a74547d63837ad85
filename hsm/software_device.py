"""Driver: keys in an encrypted file, one file per device in a folder; for rehearsals and tests only."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from hsm.device import DeviceInfo, DeviceKey, Pin, Scheme
from hsm.errors import (
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
from hsm.software_seal import seal, sealed_key, sign_with, unseal, wrapping_key

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
        try:
            info = fresh.info()
        except ValueError as error:
            raise DeviceFaultError(serial, "SerialInvalid") from error
        path = folder / f"{serial}.json"
        fresh.create(path)
        return cls(path, info)

    def refresh(self) -> DeviceInfo:
        """What the device tells now.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        return DeviceFile.read(self.path).info()

    def keys(self) -> tuple[DeviceKey, ...]:
        """Every key on the device, by label then key_id.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        return DeviceFile.read(self.path).described_keys()

    def unlock(self, pin: Pin) -> "UnlockedSoftwareDevice":
        """The device, unlocked by one try of `pin`; the try is counted on disk before it is made.

        Raises: WrongPinError, PinBlockedError, DeviceAbsentError, DeviceFaultError.
        """
        stored = DeviceFile.read(self.path)
        left = stored.attempts_left - 1
        if left < 0:
            raise PinBlockedError(stored.serial)
        replace(stored, attempts_left=left).replace(self.path)
        under = wrapping_key(pin, bytes.fromhex(stored.salt))
        unseal(under, stored.check, stored.serial, WrongPinError(stored.serial, left))
        restored = replace(stored, attempts_left=TRIES)
        restored.replace(self.path)
        return UnlockedSoftwareDevice(self.path, restored.info(), under, self.touch)


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

    def generate(self, label: str, scheme: Scheme) -> DeviceKey:
        """A new key, sealed into the file under a label that was free.

        Raises: KeyExistsError (nothing changed), UnsupportedError, DeviceAbsentError, DeviceFaultError.
        """
        under, stored = self._opened()
        if scheme not in self._info.schemes:
            raise UnsupportedError(stored.serial, scheme.value)
        if any(key.label == label for key in stored.keys):
            raise KeyExistsError(stored.serial, label)
        key = sealed_key(under, label, scheme)
        replace(stored, keys=(*stored.keys, key)).replace(self._path)
        return key.described()

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
        return SoftwareDevice(path, DeviceFile.read(path).info())
    except DeviceFaultError as fault:
        return fault
