"""Devices for a rehearsal: software devices, SoftHSM tokens or blank YubiKeys, under codes that protect nothing."""

import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ceremony.cli.practice_yubikeys import blank_yubikeys
from ceremony.core.code_rules import CODE_RULES, code_case
from ceremony.core.rehearsal_rules import PROGRAM_RULES, ProgramCase
from hsm import Codes, Device, Pin
from hsm.discovery import Sources, create_software_device, find_devices, usual_modules
from hsm.errors import DeviceAbsentError

KINDS = ("software", "softhsm", "yubikey", "mixed")
"""What a rehearsal can be held with; mixed: of three keyholders, two with a YubiKey and one with a SoftHSM token."""

_MODULE = "libsofthsm2.so"
_TOOL = "softhsm2-util"
_PEOPLE = ("ann", "bob", "cyd")
_TOKEN_EVERY = 3
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class PracticeDevices:
    """The devices of a rehearsal: what lists them, the serial of each by its owner, and its codes by serial.

    `yubikeys` goes from owner to YubiKey, for those who have one; every other device is labelled with its owner. A
    spare device is its own owner: its name says whose it will be.
    """

    look: Callable[[], tuple[Device, ...]]
    serials: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Codes] = field(default_factory=dict)
    yubikeys: Mapping[str, Device] = field(default_factory=dict)


def names_of(count: int) -> tuple[str, ...]:
    """The names of so many make-believe keyholders."""
    return (*_PEOPLE, *(f"keyholder {number}" for number in range(len(_PEOPLE) + 1, count + 1)))[:count]


def spare_of(name: str) -> str:
    """The name under which a device is made that this keyholder gets later, in place of the first."""
    return f"second device of {name}"


def make_software_device(folder: Path, serial: str, label: str, pin: Pin) -> None:
    """A new software device in this folder.

    Raises: DeviceFaultError.
    """
    create_software_device(folder, serial, label, pin)


def make_practice_devices(kind: str, folder: Path, names: Sequence[str], *, has_spare: bool = False) -> PracticeDevices:
    """Devices of one of KINDS for these keyholders; what has to be made is made in `folder`, which exists.

    With a spare there is one more, of the same kind, for the last of them. This process sees no other SoftHSM tokens
    from now on. YubiKeys are chosen, and nothing on them is changed.
    Raises: RefusedError (PROGRAM-PRESENT without SoftHSM, DEVICE-BLANK, DEVICES-ENOUGH); DeviceError.
    """
    owners = (*names, spare_of(names[-1])) if has_spare else tuple(names)
    tokens = [each for place, each in enumerate(owners) if _has_token(kind, min(place, len(names) - 1))]
    yubikeys = _yubikeys([each for each in owners if kind in {"yubikey", "mixed"} and each not in tokens])
    codes = {each: _codes(has_puk=each in yubikeys) for each in owners}
    if kind == "software":
        for number, owner in enumerate(owners, start=1):
            make_software_device(folder, f"practice-{number}", owner, codes[owner].pin)
    modules = (_softhsm(folder, {each: codes[each].pin for each in tokens}),) if tokens else ()
    sources = Sources(modules, folder if kind == "software" else None, yubikeys=bool(yubikeys))
    chosen = {device.info.serial for device in yubikeys.values()}
    labelled = {each.info.label: each.info.serial for each in _look(sources, chosen) if each.info.label in owners}
    serials = labelled | {each: device.info.serial for each, device in yubikeys.items()}
    by_serial = {_serial(serials, each): codes[each] for each in owners}
    return PracticeDevices(lambda: _look(sources, chosen), serials, by_serial, yubikeys)


def _yubikeys(owners: Sequence[str]) -> dict[str, Device]:
    return dict(zip(owners, blank_yubikeys(len(owners)) if owners else (), strict=True))


def _has_token(kind: str, place: int) -> bool:
    return kind == "softhsm" or (kind == "mixed" and place % _TOKEN_EVERY == _TOKEN_EVERY - 1)


def _serial(serials: Mapping[str, str], owner: str) -> str:
    if owner not in serials:
        raise DeviceAbsentError(owner)
    return serials[owner]


def _softhsm(folder: Path, pins: Mapping[str, Pin]) -> Path:
    """The module of a SoftHSM that has one new token for each name.

    Raises: RefusedError (PROGRAM-PRESENT); DeviceFaultError.
    """
    from hsm.softhsm_tokens import initialise_tokens  # noqa: PLC0415  # needed in such a rehearsal alone

    module = next((each for each in usual_modules() if each.name == _MODULE), None)
    PROGRAM_RULES.check(ProgramCase(_TOOL, shutil.which(_TOOL) or ""))
    PROGRAM_RULES.check(ProgramCase(_MODULE, str(module or "")))
    # SoftHSM reads this when its module is loaded, once in a process.
    os.environ["SOFTHSM2_CONF"] = str(initialise_tokens(folder, tuple(pins.items())))
    return module or Path(_MODULE)


def _look(sources: Sources, serials: set[str]) -> tuple[Device, ...]:
    found = find_devices(sources).devices
    return tuple(each for each in found if each.info.driver != "yubikey" or each.info.serial in serials)


def _codes(*, has_puk: bool) -> Codes:
    pin = _code("PIN", "")
    return Codes(pin, _code("PUK", pin.secret) if has_puk else None)


def _code(code: str, other: str) -> Pin:
    while True:
        digits = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        if not CODE_RULES.refusals(code_case(code, digits, other)):
            return Pin(digits)
