"""What a page wishes for: the app hears it and opens the next page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textual.message import Message

from ceremony.core.plan import Plan
from ceremony.core.roster import Enrolment
from ceremony.engine.sitting import Outcome
from ceremony.errors import CeremonyError
from hsm import Pin
from hsm.errors import DeviceError

Ending = Outcome | Enrolment | CeremonyError | DeviceError


@dataclass(frozen=True, slots=True)
class Sitting:
    """A sitting that could begin: its plan, its bundle's folder, and what a rehearsal has besides.

    `devices` is the folder of a rehearsal's software devices, None for whatever is plugged in; `pins` are theirs.
    `alone` is the one keyholder who enrols away from the room, "" where people sit together. `trusted` is where this
    machine has what it trusts itself, None for a ceremony that follows nothing.
    """

    plan_text: bytes
    plan_name: str
    folder: Path
    devices: Path | None = None
    pins: Mapping[str, Pin] = field(default_factory=dict)
    alone: str = ""
    trusted: Path | None = None


class Home(Message):
    """The first page, please."""


class Open(Message):
    """The page of this name, please: "rehearse", "plan", "follow", "resume", "enrol", "device" or "verify"."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page


class Follow(Message):
    """This plan, which keeps everything of what is trusted at `trusted`: show it, so that people change it."""

    def __init__(self, plan: Plan, trusted: Path) -> None:
        super().__init__()
        self.plan = plan
        self.trusted = trusted


class Ready(Message):
    """A rehearsal has been made: show what people need to know before it begins."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self.sitting = sitting


class Begin(Message):
    """The sitting may begin."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self.sitting = sitting


class Ended(Message):
    """A sitting is over, in one way or another; its bundle is in `folder`."""

    def __init__(self, ending: Ending, folder: Path) -> None:
        super().__init__()
        self.ending = ending
        self.folder = folder
