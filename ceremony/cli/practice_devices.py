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

KINDS = ("software", "softhsm", "yubikey", "mixed")
"""What a rehearsal can be held with; mixed: of three keyholders, two with a YubiKey and one with a SoftHSM token."""

_MODULE = "libsofthsm2.so"
_TOOL = "softhsm2-util"
_PEOPLE = ("ann", "bob", "cyd")
_TOKEN_EVERY = 3
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class PracticeDevices:
    """The devices of a rehearsal: what lists them, and each keyholder's codes.

    `yubikeys` goes from keyholder to YubiKey, for those who have one; every other device is labelled with their name.
    """

    look: Callable[[], tuple[Device, ...]]
    codes: Mapping[str, Codes]
    yubikeys: Mapping[str, Device] = field(default_factory=dict)


def names_of(count: int) -> tuple[str, ...]:
    """The names of so many make-believe keyholders."""
    return (*_PEOPLE, *(f"keyholder {number}" for number in range(len(_PEOPLE) + 1, count + 1)))[:count]


def make_software_device(folder: Path, serial: str, label: str, pin: Pin) -> None:
    """A new software device in this folder.

    Raises: DeviceFaultError.
    """
    create_software_device(folder, serial, label, pin)


def make_practice_devices(kind: str, folder: Path, names: Sequence[str]) -> PracticeDevices:
    """Devices of one of KINDS for these keyholders; what has to be made is made in `folder`, which exists.

    This process sees no other SoftHSM tokens from now on. YubiKeys are chosen, and nothing on them is changed.
    Raises: RefusedError (PROGRAM-PRESENT without SoftHSM, DEVICE-BLANK, DEVICES-ENOUGH); DeviceError.
    """
    with_token = {"software": (), "softhsm": names, "yubikey": (), "mixed": names[2::_TOKEN_EVERY]}[kind]
    with_yubikey = [name for name in names if kind in {"yubikey", "mixed"} and name not in with_token]
    yubikeys = dict(zip(with_yubikey, blank_yubikeys(len(with_yubikey)) if with_yubikey else (), strict=True))
    codes = {name: _codes(has_puk=name in yubikeys) for name in names}
    if kind == "software":
        for number, name in enumerate(names, start=1):
            make_software_device(folder, f"practice-{number}", name, codes[name].pin)
    modules = (_softhsm(folder, {name: codes[name].pin for name in with_token}),) if with_token else ()
    sources = Sources(modules, folder if kind == "software" else None, yubikeys=bool(yubikeys))
    serials = {device.info.serial for device in yubikeys.values()}
    return PracticeDevices(lambda: _look(sources, serials), codes, yubikeys)


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
