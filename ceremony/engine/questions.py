"""What the engine asks people: each question is one page with one action, one expected observation, one answer.

Every question rests on No: an empty answer, Enter on an untouched page or a closed terminal never agrees to anything.
Besides its answer, every question can be answered by `GoBack` or by `StoppedError`, which an operator raises.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

from ceremony.core.changes import Change
from ceremony.core.review import Reviewed
from ceremony.core.roster import Enrolment
from ceremony.errors import CeremonyError
from hsm import DeviceInfo, Pin, Slot
from hsm.errors import DeviceError

Answer = TypeVar("Answer")


class GoBack(Exception):  # noqa: N818  # not an error: somebody wants the page before this one
    """The answer that returns to the page before."""


class Missing(Enum):
    """The answers that are no device."""

    LOOK_AGAIN = "look again"
    NOT_TODAY = "not today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[Answer]):
    """One page. `step` is the id of the script's step it belongs to, `person` is who acts.

    `action` is the one thing to do, `expect` what should then be seen, `explain` the longer answer to "what is this?".
    `trouble` is what went wrong the last time this was asked, for the front end to explain; None the first time.
    """

    step: str
    person: str
    title: str
    action: str
    expect: str
    explain: str
    can_go_back: bool = True
    trouble: CeremonyError | DeviceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Question[bool]):
    """Yes or No; `yes` is what Yes means here, in a few words. No leads to a note of what was seen instead."""

    yes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall(Question[tuple[str, ...] | None]):
    """Who is here: the names of those present, out of `names`; None is No."""

    names: tuple[tuple[str, str], ...]
    """Each name with what it does, such as ("ann", "signs root, targets, bins")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe(Question[str]):
    """One line in somebody's own words: what was seen instead of what was expected; "" for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugIn(Question["str | Missing"]):
    """Which device is `person`'s: the serial of one that is plugged in, or Missing.

    `look` lists what is plugged in at this moment; it may be called again and again from any one thread. `faults` is
    what the last look could not read.
    `wanted` is the only serial that will do, "" if the plan leaves it open. `may_skip` offers NOT_TODAY.
    """

    look: Callable[[], tuple[DeviceInfo, ...]] = field(compare=False, repr=False)
    faults: Callable[[], tuple[DeviceError, ...]] = field(default=tuple, compare=False, repr=False)
    wanted: str
    may_skip: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPin(Question[Pin | None]):
    """The PIN of one device, shown with what it says of its PIN now; None is No."""

    device: DeviceInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPuk(Question[Pin | None]):
    """The PUK of a device whose PIN is blocked, shown with what it says of its PUK now; None is No."""

    device: DeviceInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseCode(Question[Pin | None]):
    """A new code for a device, typed twice alike at the front end; None is No. `code` is "PIN" or "PUK"."""

    device: DeviceInfo
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseSlot(Question[str | None]):
    """The name of the slot in which the device makes the key; None is No. `wanted` is the one to rest on.

    A slot that holds something can be chosen: what it holds is lost then, after one more question (`TypeLoss`).
    """

    device: DeviceInfo
    slots: tuple[Slot, ...]
    wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeLoss(Question[str]):
    """What is lost for ever, typed by its owner: the first eight letters of `slot.holds`; "" is No."""

    device: DeviceInfo
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeEnrolment(Question[Path | None]):
    """The folder of an enrolment bundle that `person` made elsewhere; None if there is none. `places` were found."""

    places: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepEnrolment(Question[bool]):
    """The keyholder is enrolled already: Yes keeps that, No enrols anew."""

    enrolment: Enrolment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage(Question[str]):
    """The whole change, its keys and its fingerprint; the answer is the two words from place `place` (from one) on.

    `cautions` come before the change: what this machine cannot tell of it.
    """

    reviewed: Reviewed
    place: int
    cautions: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeWords(Question[str]):
    """A keyholder agrees by typing two words of the fingerprint, from place `place` (counted from one) on."""

    reviewed: Reviewed
    place: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePlace(Question[Path | None]):
    """Where the release is written: a folder that does not exist yet; None is No. `places` are mounted sticks."""

    places: tuple[Path, ...]
    suggested: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeResponse(Question["Path | str | None"]):
    """A response that was made at another place: where it lies, or the text that a scanner typed; None for no more.

    `places` were found: files of responses that would bring something new.
    """

    places: tuple[Path, ...]
