"""The file that is a software device: strict JSON, read with suspicion, created once and replaced as a whole."""

import json
import os
import re
import stat
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Self, TypeVar

from hsm.algorithms import scheme_of
from hsm.device import DeviceInfo, DeviceKey, PinState, Scheme
from hsm.errors import DeviceAbsentError, DeviceFaultError

TRIES = 3
_FORMAT = "ceremony software device 1"
_LARGEST_BYTES = 1_000_000
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key as the file holds it; bytes are hex, and `sealed` is the private half, encrypted."""

    label: str
    key_id: str
    scheme: str
    public_der: str
    sealed: str = field(repr=False)

    def described(self) -> DeviceKey:
        """The key as the device tells of it.

        Raises: ValueError where a field is not what it should be.
        """
        bytes.fromhex(self.sealed)
        public_der = bytes.fromhex(self.public_der)
        _demand(holds=scheme_of(public_der) == self.scheme)
        return DeviceKey(
            label=self.label,
            key_id=bytes.fromhex(self.key_id).hex(),
            scheme=Scheme(self.scheme),
            public_der=public_der,
            is_generated_inside=True,
            is_extractable=False,
        )


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """What the file of one device holds; bytes are hex, `touch_seconds` is zero where no touch is asked.

    `check` is the empty text, sealed as the keys are: it tells the right PIN from a wrong one.
    """

    serial: str
    label: str
    schemes: tuple[str, ...]
    touch_seconds: int
    attempts_left: int
    salt: str
    check: str = field(repr=False)
    keys: tuple[StoredKey, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The file at `path`, every field checked.

        Raises: DeviceAbsentError where there is none, DeviceFaultError where it is not the file of that device.
        """
        try:
            return cls._parse(_text(path), path.stem)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DeviceAbsentError(path.stem) from error
        except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
            raise DeviceFaultError(path.stem, type(error).__name__) from error

    @classmethod
    def _parse(cls, text: str, serial: str) -> Self:
        values = json.loads(text)
        _demand(holds=isinstance(values, dict) and values.pop("format") == _FORMAT)
        keys = tuple(_typed(StoredKey(**key)) for key in values.pop("keys"))
        parsed = _typed(cls(**values | {"schemes": tuple(values["schemes"])}))
        _demand(holds=parsed.serial == serial)
        whole = replace(parsed, keys=keys)
        whole.info(), whole.described_keys()
        return whole

    def info(self) -> DeviceInfo:
        """What the device tells of itself.

        Raises: ValueError where a field is not what it should be.
        """
        _demand(holds=_SERIAL.fullmatch(self.serial) is not None)
        _demand(holds=self.label.isprintable())
        _demand(holds=0 <= self.attempts_left <= TRIES and self.touch_seconds >= 0)
        bytes.fromhex(self.salt + self.check)
        return DeviceInfo(
            driver="software",
            maker="Ceremony",
            model="software device",
            serial=self.serial,
            label=self.label,
            firmware="1",
            pin=_pin_state(self.attempts_left),
            schemes=tuple(Scheme(scheme) for scheme in self.schemes),
            touch_seconds=self.touch_seconds or None,
        )

    def described_keys(self) -> tuple[DeviceKey, ...]:
        """The keys as the device tells of them, by label then key_id.

        Raises: ValueError where a field is not what it should be.
        """
        keys = (key.described() for key in self.keys)
        return tuple(sorted(keys, key=lambda key: (key.label, key.key_id)))

    def create(self, path: Path) -> None:
        """The file lies at `path`, durably, where there was none.

        Raises: DeviceFaultError where there was one, or where it cannot be written.
        """
        self._write(path, path, os.O_EXCL)

    def replace(self, path: Path) -> None:
        """The file at `path` is this one, durably; where it had gone it stays away.

        Raises: DeviceAbsentError, DeviceFaultError.
        """
        if not path.is_file():
            raise DeviceAbsentError(self.serial)
        self._write(path.with_suffix(".new"), path, os.O_TRUNC)

    def _write(self, first: Path, last: Path, how: int) -> None:
        encoded = json.dumps({"format": _FORMAT} | asdict(self), indent=1).encode()
        try:
            with os.fdopen(os.open(first, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600), "wb") as file:
                file.write(encoded)
                file.flush()
                os.fsync(file.fileno())
            first.replace(last)
            _sync_folder(last.parent)
        except OSError as error:
            raise DeviceFaultError(self.serial, type(error).__name__) from error


_Record = TypeVar("_Record", bound=StoredKey | DeviceFile)


def _text(path: Path) -> str:
    # O_NONBLOCK: a pipe under this name must not hold the listing up
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        _demand(holds=stat.S_ISREG(os.fstat(descriptor).st_mode))
        encoded = file.read(_LARGEST_BYTES + 1)
    _demand(holds=len(encoded) <= _LARGEST_BYTES)
    return encoded.decode()


def _typed(record: _Record) -> _Record:
    for each in fields(record):
        if each.type in {str, int}:
            _demand(holds=type(getattr(record, each.name)) is each.type)
    return record


def _demand(*, holds: bool) -> None:
    if not holds:
        raise ValueError(_FORMAT)


def _pin_state(attempts_left: int) -> PinState:
    return PinState(
        attempts_left=attempts_left,
        is_low=attempts_left < TRIES,
        is_final_try=attempts_left == 1,
        is_blocked=attempts_left == 0,
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
