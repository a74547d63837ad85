"""The scripted operator: it answers in rehearsals only, and tries nothing twice."""

from pathlib import Path
from typing import Any

import pytest
from fakes.people import NOW, enrolment, plan, reviewed

from ceremony.cli.unattended import UnattendedOperator
from ceremony.core.transcript import Entry
from ceremony.engine import questions as q
from ceremony.engine.room import Scene, Work
from ceremony.errors import RefusedError, StoppedError
from hsm import Codes, DeviceInfo, Pin, PinState, Slot
from hsm.errors import PinBlockedError, WrongPinError

PAGE: dict[str, Any] = {
    "step": "s", "person": "ann", "title": "t", "action": "a", "expect": "e", "explain": "x",
}  # fmt: skip
DEVICES = tuple(
    DeviceInfo("software", "Acme", "Key", f"{name}-1", name, "1", PinState(3), ()) for name in ("bob", "ann")
)
WORDS = reviewed().fingerprint.words
YUBIKEY = DeviceInfo("yubikey", "Yubico", "YubiKey 5", "101", "", "5.7.4", PinState(3), (), 15, puk=PinState(3))
EMPTY, FULL = Slot("82", "Retired 1"), Slot("9c", "Signing", "0123456789abcdef", "a P-256 key, imported")
PLACES = (Path("/media/one"), Path("/media/two"))
CODES = {"ann-1": Codes(Pin("271828")), "101": Codes(Pin("314159"), Pin("16180339"))}


def operator(said: list[str] | None = None) -> UnattendedOperator:
    """An operator of a rehearsal, who knows the codes of two devices of ann's."""
    return UnattendedOperator(plan(), CODES, ([] if said is None else said).append)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (q.Confirm(**PAGE, yes="yes"), True),
        (q.KeepEnrolment(**PAGE, enrolment=enrolment(plan(), plan().keyholders[0])), True),
        (q.RollCall(**PAGE, names=(("ann", "signs"), ("bob", "signs"))), ("ann", "bob")),
        (q.Describe(**PAGE), ""),
        (q.PlugIn(**PAGE, look=lambda: DEVICES, wanted="", may_skip=True), "ann-1"),
        (q.PlugIn(**PAGE, look=tuple, wanted="ann-1", may_skip=True), "ann-1"),
        (q.PlugIn(**PAGE, look=lambda: (YUBIKEY, *DEVICES), wanted="101", may_skip=True), "101"),
        (q.PlugIn(**PAGE, look=tuple, wanted="", may_skip=True), "ann"),
        (q.ChoosePlace(**PAGE, places=(), suggested=Path("release")), Path("release")),
        (q.AskPin(**PAGE, device=DEVICES[1]), Pin("271828")),
        (q.AskPin(**PAGE, device=YUBIKEY), Pin("314159")),
        (q.ChooseCode(**PAGE, device=YUBIKEY, code="PIN"), Pin("314159")),
        (q.ChooseCode(**PAGE, device=YUBIKEY, code="PUK"), Pin("16180339")),
        (q.ChooseSlot(**PAGE, device=YUBIKEY, slots=(FULL, EMPTY), wanted="82"), "82"),
        (q.TakeEnrolment(**PAGE, places=PLACES), PLACES[0]),
        (q.TakeEnrolment(**PAGE, places=()), None),
        (q.TakeResponse(**PAGE, places=PLACES), PLACES[0]),
        (q.TakeResponse(**PAGE, places=()), None),
        (q.ReviewPage(**PAGE, reviewed=reviewed(), place=31), f"{WORDS[30]} {WORDS[31]}"),
        (q.TypeWords(**PAGE, reviewed=reviewed(), place=1, roles=("root",)), f"{WORDS[0]} {WORDS[1]}"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_question_is_answered(question: Any, answer: object) -> None:  # noqa: ANN401  # any question
    """As a willing room would."""
    assert operator().ask(question) == answer


def test_only_those_who_are_there_answer_the_roll_call() -> None:
    """At each place of a ceremony that is signed at several."""
    alone = UnattendedOperator(plan(), CODES, lambda _said: None, ("bob",))
    assert alone.ask(q.RollCall(**PAGE, names=(("ann", "signs"), ("bob", "signs")))) == ("bob",)


def test_nothing_is_tried_twice() -> None:
    """A PIN that was wrong is not tried again until the device blocks."""
    with pytest.raises(WrongPinError):
        operator().ask(q.AskPin(**PAGE, device=DEVICES[0], trouble=WrongPinError("ann-1", 2)))


@pytest.mark.parametrize(
    "question",
    [
        q.TypeLoss(**PAGE, device=YUBIKEY, slot=FULL),
        q.ChooseSlot(**PAGE, device=YUBIKEY, slots=(FULL,), wanted="9c"),
        q.AskPuk(**PAGE, device=YUBIKEY),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_that_somebody_could_need_is_given_up(question: Any) -> None:  # noqa: ANN401  # any question
    """Neither a key in a slot nor a try of a PUK: the rehearsal ends instead."""
    with pytest.raises(StoppedError) as stopped:
        operator().ask(question)
    assert stopped.value.by == "ann"


def test_a_blocked_pin_ends_the_rehearsal() -> None:
    """The trouble is told as it is."""
    with pytest.raises(PinBlockedError):
        operator().ask(q.AskPuk(**PAGE, device=YUBIKEY, trouble=PinBlockedError("101")))


def test_without_a_puk_none_is_made_up() -> None:
    """A token that has no such code is never asked for one."""
    nobody = UnattendedOperator(plan(), {"101": Codes(Pin("271828"))}, lambda _said: None)
    with pytest.raises(StoppedError):
        nobody.ask(q.ChooseCode(**PAGE, device=YUBIKEY, code="PUK"))


def test_whoever_stands_beside_the_devices_is_told_what_to_touch() -> None:
    """Once for each touch; and of every entry."""
    said: list[str] = []
    nobody = operator(said)
    touch = Scene(plan(), work=Work("Signing root", "ann", YUBIKEY, 15, 0, 3))
    for scene in (touch, touch, Scene(plan()), touch, Scene(plan(), work=Work("Making a key", "ann", YUBIKEY))):
        nobody.show(scene)
    assert said == ["Signing root: TOUCH YubiKey 5 101 now, within 15 seconds."] * 2
    nobody.tell(Entry(NOW, "check", "", "checked", "The clocks agree."))
    assert said[-1] == "The clocks agree."


def test_a_real_ceremony_is_refused() -> None:
    """Neither at the beginning nor half-way does a script take part in one."""
    with pytest.raises(RefusedError, match="REHEARSAL-ONLY"):
        UnattendedOperator(plan(is_rehearsal=False), {}, lambda _said: None)
    with pytest.raises(RefusedError, match="REHEARSAL-ONLY"):
        operator().show(Scene(plan(is_rehearsal=False)))


def test_a_question_of_a_new_kind_is_not_guessed_at() -> None:
    """It has to be taught."""
    with pytest.raises(TypeError):
        operator().ask(q.Question[bool](**PAGE))
