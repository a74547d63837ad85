"""The scripted operator: it answers in rehearsals only, and tries nothing twice."""

from pathlib import Path
from typing import Any

import pytest
from fakes.people import enrolment, plan, reviewed

from ceremony.cli.unattended import UnattendedOperator
from ceremony.core.transcript import Entry
from ceremony.engine import questions as q
from ceremony.engine.room import Scene
from ceremony.errors import RefusedError
from hsm import DeviceInfo, Pin, PinState
from hsm.errors import WrongPinError

PAGE: dict[str, Any] = {
    "step": "s", "person": "ann", "title": "t", "action": "a", "expect": "e", "explain": "x",
}  # fmt: skip
DEVICES = tuple(
    DeviceInfo("software", "Acme", "Key", f"{name}-1", name, "1", PinState(3), ()) for name in ("bob", "ann")
)
WORDS = reviewed().fingerprint.words


def operator(told: list[Entry] | None = None) -> UnattendedOperator:
    """An operator of a rehearsal, who knows ann's PIN."""
    return UnattendedOperator(plan(), {"ann": Pin("271828")}, ([] if told is None else told).append)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (q.Confirm(**PAGE, yes="yes"), True),
        (q.KeepEnrolment(**PAGE, enrolment=enrolment(plan(), plan().keyholders[0])), True),
        (q.RollCall(**PAGE, names=(("ann", "signs"), ("bob", "signs"))), ("ann", "bob")),
        (q.Describe(**PAGE), ""),
        (q.PlugIn(**PAGE, look=lambda: DEVICES, wanted="", may_skip=True), "ann-1"),
        (q.PlugIn(**PAGE, look=tuple, wanted="ann-1", may_skip=True), "ann-1"),
        (q.PlugIn(**PAGE, look=tuple, wanted="", may_skip=True), "ann"),
        (q.ChoosePlace(**PAGE, places=(), suggested=Path("release")), Path("release")),
        (q.AskPin(**PAGE, device=DEVICES[1]), Pin("271828")),
        (q.ReviewPage(**PAGE, reviewed=reviewed(), place=31), f"{WORDS[30]} {WORDS[31]}"),
        (q.TypeWords(**PAGE, reviewed=reviewed(), place=1, roles=("root",)), f"{WORDS[0]} {WORDS[1]}"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_question_is_answered(question: Any, answer: object) -> None:  # noqa: ANN401  # any question
    """As a willing room would."""
    assert operator().ask(question) == answer


def test_nothing_is_tried_twice() -> None:
    """A PIN that was wrong is not tried again until the device blocks."""
    with pytest.raises(WrongPinError):
        operator().ask(q.AskPin(**PAGE, device=DEVICES[0], trouble=WrongPinError("ann-1", 2)))


def test_a_real_ceremony_is_refused() -> None:
    """Neither at the beginning nor half-way does a script take part in one."""
    with pytest.raises(RefusedError, match="REHEARSAL-ONLY"):
        UnattendedOperator(plan(is_rehearsal=False), {}, lambda _entry: None)
    with pytest.raises(RefusedError, match="REHEARSAL-ONLY"):
        operator().show(Scene(plan(is_rehearsal=False)))


def test_a_question_of_a_new_kind_is_not_guessed_at() -> None:
    """It has to be taught."""
    with pytest.raises(TypeError):
        operator().ask(q.Question[bool](**PAGE))
