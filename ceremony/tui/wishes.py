"""What a page wishes for: the app hears it and opens the next page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textual.message import Message

from ceremony.core.plan import Plan
from ceremony.core.roster import Enrolment
from ceremony.engine.elsewhere import Answered
from ceremony.engine.sitting import Outcome
from ceremony.errors import CeremonyError
from ceremony.tui.codes import Code
from hsm import Pin
from hsm.errors import DeviceError

Result = Outcome | Enrolment | Answered | bool
"""What a sitting, an enrolment, a sitting elsewhere and a withdrawal give; the last says whether it was withdrawn."""

Ending = Result | CeremonyError | DeviceError


@dataclass(frozen=True, slots=True)
class Sitting:
    """A sitting that could begin: its plan, its bundle's folder, and what a rehearsal has besides.

    `devices` is the folder of a rehearsal's software devices, None for whatever is plugged in; `pins` are theirs.
    `alone` is the one keyholder who enrols away from the room, "" where people sit together. `trusted` is where this
    machine has what it trusts itself, None for a ceremony that follows nothing. `request` is what came from another
    place and is signed here, None for this place's own ceremony; `scanned` is what a scanner typed of its code.
    `withdraws` is true where nobody sits and the ceremony is given up. `claims` is the batch of projects that the plan
    names, None where it names none; `pinned` is the root file from which trust in a repository's folder begins.
    """

    plan_text: bytes
    plan_name: str
    folder: Path
    devices: Path | None = None
    pins: Mapping[str, Pin] = field(default_factory=dict)
    alone: str = ""
    trusted: Path | None = None
    request: Path | None = None
    scanned: str = ""
    withdraws: bool = False
    claims: Path | None = None
    pinned: Path | None = None


class Home(Message):
    """The first page, please."""


class Open(Message):
    """The page of this name, please, such as "rehearse" or "verify"."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page


class Follow(Message):
    """This plan, which keeps everything of what is trusted at `trusted`: show it, so that people change it.

    `pinned` is the root file from which trust begins in a repository that others have made, None for a release.
    """

    def __init__(self, plan: Plan, trusted: Path, pinned: Path | None = None) -> None:
        super().__init__()
        self.plan = plan
        self.trusted = trusted
        self.pinned = pinned


class TakeOver(Message):
    """The repository in this folder, trusted from this root file on, is to go on with ceremonies of ours."""

    def __init__(self, folder: Path, pinned: Path) -> None:
        super().__init__()
        self.folder = folder
        self.pinned = pinned


class Stand(Message):
    """How the ceremony in this folder stands, please, and what can be done with it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


class Send(Message):
    """The ceremony of this plan, in this folder, is to be sent to other places."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        super().__init__()
        self.folder = folder
        self.plan = plan


class TakeIn(Message):
    """What was signed at other places is to be taken in, without a sitting."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self.sitting = sitting


class Codes(Message):
    """These codes are to be shown, above the page that is open; pictures of them go to the folder `pictures`."""

    def __init__(self, codes: tuple[Code, ...], pictures: Path, plan: Plan | None = None) -> None:
        super().__init__()
        self.codes = codes
        self.pictures = pictures
        self.plan = plan


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
