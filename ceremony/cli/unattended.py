"""The scripted operator: it says yes, types what it is shown, and knows the PINs of make-believe devices."""

from collections.abc import Callable, Mapping
from functools import singledispatchmethod
from typing import TypeVar, cast

from ceremony.core.plan import Plan
from ceremony.core.rehearsal_rules import REHEARSAL_RULES
from ceremony.core.review import Reviewed
from ceremony.core.transcript import Entry
from ceremony.engine.questions import (
    AskPin,
    ChoosePlace,
    Confirm,
    Describe,
    KeepEnrolment,
    Missing,
    PlugIn,
    Question,
    ReviewPage,
    RollCall,
    TypeWords,
)
from ceremony.engine.room import Scene
from hsm import Pin

_Answer = TypeVar("_Answer")


class UnattendedOperator:
    """Nobody: answers for all keyholders of a rehearsal, and tries nothing twice.

    `pins` goes from keyholder to PIN; a keyholder's device has the keyholder's name as its label. `told` hears of each
    entry.
    """

    def __init__(self, plan: Plan, pins: Mapping[str, Pin], told: Callable[[Entry], None]) -> None:
        """An operator for this plan.

        Raises: RefusedError (REHEARSAL-ONLY) for a plan that is not a rehearsal.
        """
        REHEARSAL_RULES.check(plan)
        self._pins = pins
        self._told = told

    def tell(self, entry: Entry) -> None:
        """The entry was passed on."""
        self._told(entry)

    def show(self, scene: Scene) -> None:
        """The scene is of a rehearsal.

        Raises: RefusedError (REHEARSAL-ONLY).
        """
        REHEARSAL_RULES.check(scene.plan)

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
        return tuple(name for name, _what in question.names)

    @_answer.register
    def _(self, question: Describe) -> str:
        del question
        return ""

    @_answer.register
    def _(self, question: PlugIn) -> str | Missing:
        found = (each.serial for each in question.look() if each.label == question.person)
        return next(found, question.wanted or question.person)

    @_answer.register
    def _(self, question: AskPin) -> Pin:
        return self._pins[question.person]

    @_answer.register
    def _(self, question: ReviewPage | TypeWords) -> str:
        return _two_words(question.reviewed, question.place)

    @_answer.register
    def _(self, question: ChoosePlace) -> object:
        return question.suggested


def _two_words(reviewed: Reviewed, place: int) -> str:
    return " ".join(reviewed.fingerprint.words[place - 1 : place + 1])
