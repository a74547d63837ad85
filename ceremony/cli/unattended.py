"""The scripted operator: it says yes, types what it is shown, and knows the codes of devices that only practise."""

from collections.abc import Callable, Mapping
from functools import singledispatchmethod
from pathlib import Path
from typing import TypeVar, cast

from ceremony.core.plan import Plan
from ceremony.core.rehearsal_rules import REHEARSAL_RULES
from ceremony.core.review import Reviewed
from ceremony.core.transcript import Entry
from ceremony.engine.questions import (
    AskPin,
    AskPuk,
    ChooseCode,
    ChoosePlace,
    ChooseSlot,
    Confirm,
    Describe,
    KeepEnrolment,
    Missing,
    PlugIn,
    Question,
    ReviewPage,
    RollCall,
    TakeEnrolment,
    TakeResponse,
    TypeLoss,
    TypeWords,
)
from ceremony.engine.room import Scene, Work
from ceremony.errors import StoppedError
from hsm import Codes, Pin

_Answer = TypeVar("_Answer")


class UnattendedOperator:
    """Nobody: answers for all keyholders of a rehearsal, tries nothing twice, and gives nothing up.

    `codes` goes from serial to the codes of a device. A keyholder's device is the one that is asked for by its serial,
    or else the one that has their name as its label. `said` hears of each entry, and of each touch that somebody is
    asked for. `present` are those who are in the room, () for everybody.
    """

    def __init__(
        self, plan: Plan, codes: Mapping[str, Codes], said: Callable[[str], None], present: tuple[str, ...] = ()
    ) -> None:
        """An operator for this plan.

        Raises: RefusedError (REHEARSAL-ONLY) for a plan that is not a rehearsal.
        """
        REHEARSAL_RULES.check(plan)
        self._codes = codes
        self._said = said
        self._present = present
        self._work: Work | None = None

    def tell(self, entry: Entry) -> None:
        """The entry was passed on."""
        self._said(entry.note)

    def show(self, scene: Scene) -> None:
        """The scene is of a rehearsal; whoever stands beside the devices was told which one to touch.

        Raises: RefusedError (REHEARSAL-ONLY).
        """
        REHEARSAL_RULES.check(scene.plan)
        work = scene.work
        if work is not None and work != self._work and work.device is not None and work.seconds:
            device = work.device
            self._said(f"{work.what}: TOUCH {device.model} {device.serial} now, within {work.seconds} seconds.")
        self._work = work

    def ask(self, question: Question[_Answer]) -> _Answer:
        """The answer that goes on.

        Raises: whatever went wrong the last time this was asked.
        """
        if question.trouble is not None:
            raise question.trouble
        return cast("_Answer", self._answer(question))

    @singledispatchmethod
    def _answer(self, question: object) -> object:
        raise TypeError(question)

    @_answer.register
    def _(self, question: Confirm | KeepEnrolment) -> bool:
        del question
        return True

    @_answer.register
    def _(self, question: RollCall) -> tuple[str, ...]:
        return tuple(name for name, _what in question.names if not self._present or name in self._present)

    @_answer.register
    def _(self, question: Describe) -> str:
        del question
        return ""

    @_answer.register
    def _(self, question: PlugIn) -> str | Missing:
        found = (each.serial for each in question.look() if each.label == question.person)
        return question.wanted or next(found, question.person)

    @_answer.register
    def _(self, question: AskPin) -> Pin:
        return self._codes[question.device.serial].pin

    @_answer.register
    def _(self, question: ChooseCode) -> Pin:
        codes = self._codes[question.device.serial]
        chosen = {"PIN": codes.pin, "PUK": codes.puk}[question.code]
        if chosen is None:
            raise StoppedError(question.person, question.title)
        return chosen

    @_answer.register
    def _(self, question: ChooseSlot) -> str:
        if question.wanted not in {each.name for each in question.slots if not each.holds}:
            raise StoppedError(question.person, question.title)
        return question.wanted

    @_answer.register
    def _(self, question: AskPuk | TypeLoss) -> None:
        # Whoever blocked a PIN or filled a slot did not do it for practice: that device is none for a script.
        raise StoppedError(question.person, question.title)

    @_answer.register
    def _(self, question: TakeEnrolment | TakeResponse) -> Path | None:
        return next(iter(question.places), None)

    @_answer.register
    def _(self, question: ReviewPage | TypeWords) -> str:
        return _two_words(question.reviewed, question.place)

    @_answer.register
    def _(self, question: ChoosePlace) -> object:
        return question.suggested


def _two_words(reviewed: Reviewed, place: int) -> str:
    return " ".join(reviewed.fingerprint.words[place - 1 : place + 1])
