"""What the screens have of this machine; a front door fills it in, so that no page looks for anything itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ceremony.core.machine_rules import Machine
from ceremony.core.policy import Policy
from ceremony.engine.media import mounted_places
from ceremony.engine.practice import MakeDevice
from ceremony.engine.sight import Find, Seen
from hsm import Device


@dataclass(frozen=True, slots=True)
class Desk:
    """One machine. `folder` is where ceremonies are kept unless somebody types another; `clock` is UTC.

    `find` lists the devices that are plugged in, and what could not be read; `practice_devices` and `make_device`
    are for the software devices of a rehearsal, one folder of them each. `authorities` hold makers' certificates.
    `sticks` are the removable media that are mounted.
    """

    policy: Policy
    clock: Callable[[], datetime]
    folder: Path
    find: Find
    practice_devices: Callable[[Path], tuple[Device, ...]]
    make_device: MakeDevice
    machine: Callable[[], Machine]
    authorities: tuple[Path, ...] = ()
    sticks: Callable[[], tuple[Path, ...]] = mounted_places

    def look(self, practice: Path | None) -> Seen:
        """What is plugged in now; for a rehearsal, the software devices in its folder instead."""
        return self.find() if practice is None else (self.practice_devices(practice), ())
