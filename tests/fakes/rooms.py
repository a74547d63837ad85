"""A room for tests: a scripted operator, software devices on disk, a clock that stands still."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ceremony.core.machine_rules import Machine
from ceremony.core.policy import Policy
from ceremony.core.transcript import Entry
from ceremony.engine import questions as q
from ceremony.engine.opening import Agenda
from ceremony.engine.practice import Practice, make_practice
from ceremony.engine.room import Room, Scene
from hsm import Pin
from hsm.software_device import SoftwareDevice, list_devices

NOW = datetime.fromtimestamp(int(time.time()), UTC)
"""The moment at which every test ceremony takes place: real, because the real client looks at the real clock."""

NAMES = ("ann", "bob", "cyd")

PUK = Pin("86420975")
"""The PUK that a willing room chooses."""

Answers = Mapping[type, Callable[[Any], Any]]


@dataclass
class ScriptedOperator:
    """Answers every question as a willing room would, unless `answers` says otherwise for its type.

    Whatever was told, shown and asked is kept. Trouble is raised, as nobody is there to look at it, unless `patient`.
    """

    pins: Mapping[str, Pin]
    release: Path
    answers: dict[type, Callable[[Any], Any]] = field(default_factory=dict)
    patient: bool = False
    entries: list[Entry] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    asked: list[q.Question[Any]] = field(default_factory=list)

    def tell(self, entry: Entry) -> None:
        """The entry is kept."""
        self.entries.append(entry)

    def show(self, scene: Scene) -> None:
        """The scene is kept."""
        self.scenes.append(scene)

    def ask(self, question: q.Question[Any]) -> Any:  # noqa: ANN401  # an answer of whatever type the question has
        """The scripted answer."""
        self.asked.append(question)
        if question.trouble is not None and not self.patient:
            raise question.trouble
        return self.answers.get(type(question), self.willing)(question)

    def willing(self, question: q.Question[Any]) -> Any:  # noqa: ANN401, C901, PLR0911  # one answer for each type
        """What a willing room would answer."""
        match question:
            case q.Confirm() | q.KeepEnrolment():
                return True
            case q.RollCall():
                return tuple(name for name, _does in question.names)
            case q.Describe():
                return ""
            case q.PlugIn():
                return next(info.serial for info in question.look() if info.label == question.person)
            case q.AskPin():
                return self.pins[question.device.serial]
            case q.ChooseCode():
                return self.pins[question.device.serial] if question.code == "PIN" else PUK
            case q.AskPuk():
                return PUK
            case q.ChooseSlot():
                return question.wanted
            case q.TypeLoss():
                return question.slot.holds[:8]
            case q.TakeEnrolment() | q.TakeResponse():
                return next(iter(question.places), None)
            case q.ReviewPage() | q.TypeWords():
                return " ".join(question.reviewed.fingerprint.words[question.place - 1 : question.place + 1])
            case q.ChoosePlace():
                return None if question.title == "Send the request" else self.release
        raise TypeError(question)


@dataclass
class Desk:
    """Everything for one ceremony under test, in one folder: `operator` and `clock` may be changed."""

    folder: Path
    practice: Practice
    operator: ScriptedOperator
    clock: Callable[[], datetime] = lambda: NOW
    machine: Machine = field(default_factory=Machine)
    sticks: tuple[Path, ...] = ()
    authorities: tuple[Path, ...] = ()

    @property
    def bundle(self) -> Path:
        """Where the bundle is kept."""
        return self.folder / "bundle"

    @property
    def release(self) -> Path:
        """Where the release goes."""
        return self.operator.release

    @property
    def room(self) -> Room:
        """The room, with whatever is plugged in."""
        return Room(
            self.operator,
            lambda: list_devices(self.practice.devices),
            self.clock,
            lambda: self.machine,
            lambda: self.sticks,
        )

    def agenda(self, export: Path | None = None, enrolments: tuple[Path, ...] = ()) -> Agenda:
        """The agenda of a sitting over the desk's plan."""
        text = self.practice.plan.read_bytes()
        return Agenda(text, "plan.toml", self.bundle, Policy(), export, self.authorities, enrolments)

    def alone(self, name: str) -> Agenda:
        """The agenda of an enrolment of `name` away from the room."""
        return replace(self.agenda(), folder=self.folder / f"enrolment of {name}")

    def edit_plan(self, old: str, new: str) -> None:
        """The plan says `new` where it first said `old`."""
        text = self.practice.plan.read_text(encoding="utf-8")
        assert old in text
        self.practice.plan.write_text(text.replace(old, new, 1), encoding="utf-8")

    def device_of(self, name: str) -> Path:
        """The file that is this keyholder's software device: taking it away unplugs it."""
        return self.practice.devices / f"practice-{NAMES.index(name) + 1}.json"


def make_device(folder: Path, serial: str, label: str, pin: Pin) -> None:
    """A software device stands in `folder`."""
    SoftwareDevice.create(folder, serial, label, pin)


def desk(folder: Path, names: tuple[str, ...] = NAMES, threshold: int = 2) -> Desk:
    """A desk for a rehearsal by these keyholders."""
    practice = make_practice(folder / "practice", names, threshold, NOW, make_device)
    return Desk(folder, practice, ScriptedOperator(practice.pins, folder / "release"))


def later(**lapse: float) -> Callable[[], datetime]:
    """A clock that stands this much later than NOW."""
    return lambda: NOW + timedelta(**lapse)
