"""What a sitting has: the people, through one protocol; the devices; the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from ceremony.core.machine_rules import Machine
from ceremony.core.plan import Plan
from ceremony.core.tally import Standing
from ceremony.core.transcript import Entry
from ceremony.engine.media import mounted_places
from ceremony.engine.preflight import look_at_machine
from ceremony.engine.questions import Question
from hsm import Device, DeviceInfo
from hsm.errors import DeviceError

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the script: its id, its title, and how it stands ("waiting", "current" or "done")."""

    id: str
    title: str
    state: str = "waiting"


@dataclass(frozen=True, slots=True)
class Work:
    """Something that takes a while: what it is, who has to touch which device (or nobody), and how far it has come.

    `seconds` is how long the device waits for the touch, None where no touch is asked.
    """

    what: str
    person: str = ""
    device: DeviceInfo | None = None
    seconds: int | None = None
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a front end draws around a question; the engine shows a new one whenever something in it changes."""

    plan: Plan
    steps: tuple[Step, ...] = ()
    standings: tuple[Standing, ...] = ()
    holders: tuple[tuple[str, str], ...] = ()
    """keyid -> keyholder, as pairs, so that standings can be drawn by name."""
    enrolled: tuple[str, ...] = ()
    """The keyholders that have an enrolment."""
    devices: tuple[DeviceInfo, ...] = ()
    work: Work | None = None
    transcript: tuple[Entry, ...] = field(default=(), repr=False)


class Operator(Protocol):
    """Whoever is at the screen: one front end, real or scripted."""

    def tell(self, entry: Entry) -> None:
        """The entry was shown; it is on record already."""
        ...

    def show(self, scene: Scene) -> None:
        """The scene was drawn, where the front end draws one."""
        ...

    def ask(self, question: Question[_Answer]) -> _Answer:
        """Somebody's answer to the question.

        Raises: GoBack, where the question allows it; StoppedError, always possible.
        """
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """What one sitting has. `devices` lists what is plugged in now; `clock` is the machine's UTC clock.

    `machine` looks at the machine itself: its network and its swap. `sticks` are the removable media mounted now.
    `faults` is what the last listing of devices could not read.
    """

    operator: Operator
    devices: Callable[[], tuple[Device, ...]]
    clock: Callable[[], datetime]
    machine: Callable[[], Machine] = look_at_machine
    sticks: Callable[[], tuple[Path, ...]] = mounted_places
    faults: Callable[[], tuple[DeviceError, ...]] = tuple
