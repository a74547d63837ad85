"""How each question is read at a plain terminal; an empty line never agrees."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.people import enrolment, plan, reviewed
from fakes.scripted_terminal import paper_console, read_paper

from ceremony.cli.readings import reading_of
from ceremony.core.changes import Change
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
    ReviewPage,
    RollCall,
    TakeEnrolment,
    TakeResponse,
    TypeLoss,
    TypeWords,
)
from hsm import DeviceInfo, Pin, PinState, Slot
from hsm.errors import DeviceBusyError, DeviceError, DeviceFaultError

PAGE: dict[str, Any] = {
    "step": "s", "person": "ann", "title": "t", "action": "a", "expect": "e", "explain": "x",
}  # fmt: skip
DEVICES = tuple(DeviceInfo("software", "Acme", "Key", serial, "ann", "1", PinState(3), ()) for serial in ("A1", "B2"))

YUBIKEY = DeviceInfo(
    "yubikey", "Yubico", "YubiKey 5", "123", "", "5.7.4", PinState(0, is_blocked=True), (), puk=PinState(2, is_low=True)
)
SLOTS = (Slot("9c", "Signing", "0123456789abcdef", "a P-256 key, imported"), Slot("82", "Retired 1"))

CONFIRM = Confirm(**PAGE, yes="I see it")
ROLL_CALL = RollCall(**PAGE, names=(("ann", "signs root"), ("bob", "signs root")))
DESCRIBE = Describe(**PAGE)
PLUG_IN = PlugIn(**PAGE, look=lambda: DEVICES, wanted="B2", may_skip=True)
PLUG_IN_NOW = PlugIn(**PAGE, look=lambda: DEVICES, wanted="", may_skip=False)
ASK_PIN = AskPin(**PAGE, device=DEVICES[0])
ASK_PUK = AskPuk(**PAGE, device=YUBIKEY)
CHOOSE_PIN = ChooseCode(**PAGE, device=YUBIKEY, code="PIN")
CHOOSE_SLOT = ChooseSlot(**PAGE, device=YUBIKEY, slots=SLOTS, wanted="82")
TYPE_LOSS = TypeLoss(**PAGE, device=YUBIKEY, slot=SLOTS[0])
TAKE = TakeEnrolment(**PAGE, places=(Path("/media/stick/ann"), Path("/media/stick/ann 2")))
RESPONSE = TakeResponse(**PAGE, places=(Path("/media/stick/bob.response.json"),))
KEEP = KeepEnrolment(**PAGE, enrolment=enrolment(plan(), plan().keyholders[0]))
REVIEW = ReviewPage(**PAGE, reviewed=reviewed(), place=31)
WORDS = TypeWords(**PAGE, reviewed=reviewed(), place=1, roles=("root",))
PLACE = ChoosePlace(**PAGE, places=(Path("/media/stick"),), suggested=Path("/home/ann/first-root-release"))

READ: list[tuple[Any, str, object]] = [
    (CONFIRM, "y", True),
    (CONFIRM, "YES", True),
    (CONFIRM, "n", False),
    (CONFIRM, "", False),
    (ROLL_CALL, "1 2", ("ann", "bob")),
    (ROLL_CALL, "2,1", ("ann", "bob")),
    (ROLL_CALL, "2", ("bob",)),
    (ROLL_CALL, "all", ("ann", "bob")),
    (ROLL_CALL, "", None),
    (DESCRIBE, "a red light", "a red light"),
    (DESCRIBE, "", ""),
    (PLUG_IN, "2", "B2"),
    (PLUG_IN, "", Missing.LOOK_AGAIN),
    (PLUG_IN, "s", Missing.NOT_TODAY),
    (ASK_PIN, "271828", Pin("271828")),
    (ASK_PIN, "", None),
    (ASK_PUK, "12345678", Pin("12345678")),
    (ASK_PUK, "", None),
    (CHOOSE_PIN, "271828", Pin("271828")),
    (CHOOSE_PIN, "", None),
    (CHOOSE_SLOT, "1", "9c"),
    (CHOOSE_SLOT, "2", "82"),
    (CHOOSE_SLOT, "", None),
    (TYPE_LOSS, "0123 4567", "0123 4567"),
    (TYPE_LOSS, "", ""),
    (TAKE, "2", Path("/media/stick/ann 2")),
    (TAKE, "/srv/ann", Path("/srv/ann")),
    (TAKE, "3", Path("3")),
    (TAKE, "", None),
    (TAKE, "n", None),
    (RESPONSE, "1", Path("/media/stick/bob.response.json")),
    (RESPONSE, "/srv/bob", Path("/srv/bob")),
    (RESPONSE, "CEREMONY1:SIG:A:B:C", "CEREMONY1:SIG:A:B:C"),
    (RESPONSE, "ceremonz1:sig", "ceremonz1:sig"),
    (RESPONSE, "", None),
    (RESPONSE, "n", None),
    (KEEP, "y", True),
    (KEEP, "n", False),
    (REVIEW, "one two", "one two"),
    (REVIEW, "", ""),
    (WORDS, "one two", "one two"),
    (PLACE, "y", Path("/home/ann/first-root-release")),
    (PLACE, "1", Path("/media/stick/first-root-release")),
    (PLACE, "/srv/release", Path("/srv/release")),
    (PLACE, "n", None),
    (PLACE, "", None),
]


@pytest.mark.parametrize(("question", "line", "answer"), READ)
def test_a_line_means_one_answer(question: Any, line: str, answer: object) -> None:  # noqa: ANN401  # any question
    """Each question takes the lines that its page names."""
    assert reading_of(question).parse(line) == answer


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (CONFIRM, "yup"),
        (ROLL_CALL, "3"),
        (ROLL_CALL, "ann"),
        (PLUG_IN, "3"),
        (PLUG_IN_NOW, "s"),
        (KEEP, ""),
        (CHOOSE_SLOT, "3"),
        (CHOOSE_SLOT, "9c"),
        (TAKE, "~nobody-of-this-name/ann"),
        (PLACE, "~nobody-of-this-name/release"),
    ],
)
def test_a_line_that_means_nothing_is_asked_again(question: Any, line: str) -> None:  # noqa: ANN401  # any question
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="Type"):
        reading_of(question).parse(line)


def test_only_codes_are_hidden() -> None:
    """Everything else may be seen."""
    all_kinds = (CONFIRM, ROLL_CALL, PLUG_IN, ASK_PIN, WORDS, ASK_PUK, CHOOSE_PIN, CHOOSE_SLOT, TYPE_LOSS, TAKE)
    assert [each for each in all_kinds if reading_of(each).is_secret] == [ASK_PIN, ASK_PUK, CHOOSE_PIN]
    assert [each for each in all_kinds if reading_of(each).is_typed_twice] == [CHOOSE_PIN]


def test_a_path_that_no_disk_can_have_is_still_a_path() -> None:
    """Whoever looks there finds nothing, and says so."""
    assert reading_of(TAKE).parse("/srv/a\0b") == Path("/srv/a?b")


def drawn(question: object) -> str:
    """What stands on the page besides its sentences."""
    paper = paper_console()
    paper.print(reading_of(question).body)
    return read_paper(paper)


@pytest.mark.parametrize(
    ("question", "pieces"),
    [
        (ROLL_CALL, ("1  ann: signs root", "2  bob")),
        (PLUG_IN, ("Wanted: the device with serial B2", "A1", "B2")),
        (ASK_PIN, ("Acme Key A1 (ann): PIN 3 tries left",)),
        (ASK_PUK, ("YubiKey 5 123: PUK 2 tries left, after a wrong one",)),
        (CHOOSE_PIN, ("YubiKey 5 123",)),
        (CHOOSE_SLOT, (" 1  9c Signing: a P-256 key, imported", " 2  82 Retired 1: empty  <- suggested")),
        (TYPE_LOSS, ("9c Signing: a P-256 key, imported", "0123456789abcdef")),
        (TAKE, ("1  /media/stick/ann", "2  /media/stick/ann 2")),
        (RESPONSE, ("1  /media/stick/bob.response.json",)),
        (REVIEW, ("This is the first root of packages.example.org", "cyd", *reviewed().fingerprint.words)),
        (WORDS, reviewed().fingerprint.words),
        (PLACE, ("1  /media/stick/first-root-release", "y  /home/ann/first-root-release")),
    ],
)
def test_a_page_shows_what_the_answer_is_about(question: object, pieces: tuple[str, ...]) -> None:
    """Nobody answers about something that they do not see."""
    text = drawn(question)
    assert [piece for piece in pieces if piece not in text] == []


def test_what_this_machine_cannot_tell_stands_before_the_change() -> None:
    """As a caution, like those of the change itself."""
    unseen = Change("This machine has never seen targets.", is_caution=True)
    text = drawn(ReviewPage(**PAGE, reviewed=reviewed(), place=31, cautions=(unseen,)))
    assert text.index("! This machine has never seen targets.") < text.index("This is the first root")


def test_no_device_is_said_in_words() -> None:
    """An empty list would be a riddle."""
    look: Callable[[], tuple[DeviceInfo, ...]] = tuple
    assert "No device is plugged in" in drawn(PlugIn(**PAGE, look=look, wanted="", may_skip=False))


def test_what_cannot_be_read_stands_below_the_devices_with_what_to_do() -> None:
    """Each fault of the look that listed them, its place in it, and nothing in it steers the terminal."""
    looks: list[str] = []

    def look() -> tuple[DeviceInfo, ...]:
        looks.append("devices")
        return DEVICES

    def faults() -> tuple[DeviceError, ...]:
        looks.append("faults")
        return DeviceFaultError("PC/SC", "no service"), DeviceBusyError("a\x1b[2J reader")

    text = drawn(PlugIn(**PAGE, look=look, faults=faults, wanted="", may_skip=False))
    places = [
        text.index(each)
        for each in ("B2", "! No YubiKey can be seen: PC/SC", "pcscd", "! Another program is using the device: a?[2J")
    ]
    assert places == sorted(places)
    assert looks == ["devices", "faults"]


def test_something_that_is_no_question_is_refused() -> None:
    """A new kind of question has to be taught to this terminal."""
    with pytest.raises(TypeError):
        reading_of("what?")
