"""Make-believe devices for a rehearsal: software devices or SoftHSM tokens, under PINs that nobody needs to keep."""

import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ceremony.core.rehearsal_rules import PROGRAM_RULES, ProgramCase
from hsm import Device, Pin
from hsm.discovery import Sources, create_software_device, find_devices, usual_modules

_MODULE = "libsofthsm2.so"
_TOOL = "softhsm2-util"
_PEOPLE = ("ann", "bob", "cyd")


@dataclass(frozen=True, slots=True)
class PracticeDevices:
    """The devices of a rehearsal: what lists them, and each keyholder's PIN, kept in memory alone."""

    look: Callable[[], tuple[Device, ...]]
    pins: Mapping[str, Pin]


def names_of(count: int) -> tuple[str, ...]:
    """The names of so many make-believe keyholders."""
    return (*_PEOPLE, *(f"keyholder {number}" for number in range(len(_PEOPLE) + 1, count + 1)))[:count]


def make_software_device(folder: Path, serial: str, label: str, pin: Pin) -> None:
    """A new software device in this folder.

    Raises: DeviceFaultError.
    """
    create_software_device(folder, serial, label, pin)


def make_software_devices(folder: Path, names: Sequence[str]) -> PracticeDevices:
    """One new software device for each name, in this folder.

    Raises: DeviceFaultError.
    """
    pins = _pins(names)
    for number, name in enumerate(names, start=1):
        make_software_device(folder, f"practice-{number}", name, pins[name])
    return PracticeDevices(_look_at(Sources((), folder)), pins)


def make_softhsm_tokens(folder: Path, names: Sequence[str]) -> PracticeDevices:
    """One new SoftHSM token for each name, in this folder; this process sees these tokens and no others from now on.

    Raises: RefusedError (PROGRAM-PRESENT) without SoftHSM; DeviceFaultError.
    """
    from hsm.softhsm_tokens import initialise_tokens  # noqa: PLC0415  # needed in such a rehearsal alone

    module = next((each for each in usual_modules() if each.name == _MODULE), None)
    PROGRAM_RULES.check(ProgramCase(_TOOL, shutil.which(_TOOL) or ""))
    PROGRAM_RULES.check(ProgramCase(_MODULE, str(module or "")))
    pins = _pins(names)
    # SoftHSM reads this when its module is loaded, once in a process.
    os.environ["SOFTHSM2_CONF"] = str(initialise_tokens(folder, tuple(pins.items())))
    return PracticeDevices(_look_at(Sources((module,) if module else ())), pins)


def _look_at(sources: Sources) -> Callable[[], tuple[Device, ...]]:
    return lambda: find_devices(sources).devices


def _pins(names: Sequence[str]) -> dict[str, Pin]:
    return {name: Pin(f"{secrets.randbelow(10**8):08}") for name in names}
