"""Each page of a question, by keys: it agrees when somebody does, and it rests on No."""

from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import OptionList, Static
from tui import stage

from ceremony.core.changes import Change
from ceremony.engine.questions import GoBack, Missing, Question
from ceremony.errors import StoppedError
from ceremony.tui.screens.what_is_this import WhatIsThis
from ceremony.tui.widgets.pin_box import PinBox
from hsm import Pin
from hsm.errors import WrongPinError

UNANSWERED = "unanswered"

WORDS = stage.words(31)
MINE = stage.words(1)

AGREEING: dict[str, tuple[Question[Any], list[str], Any]] = {
    "confirm": (stage.confirm(), ["tab", "enter"], True),
    "roll call": (stage.roll_call(), ["space", "down", "down", "space", "tab", "tab", "enter"], ("ann", "cyd")),
    "describe": (stage.describe(), [*"odd", "enter"], "odd"),
    "describe nothing": (stage.describe(), ["tab", "enter"], ""),
    "plug in": (stage.plug_in(), ["down", "down", "enter"], "10002"),
    "not today": (stage.plug_in(), ["tab", "tab", "enter"], Missing.NOT_TODAY),
    "look again": (stage.plug_in(may_skip=False), ["tab", "enter"], Missing.LOOK_AGAIN),
    "PIN": (stage.ask_pin(), [*stage.SECRET, "x", "backspace", "enter"], Pin(stage.SECRET)),
    "no PIN": (stage.ask_pin(), [*stage.SECRET, "ctrl+u", "tab", "enter"], None),
    "PUK": (stage.ask_puk(), [*stage.SECRET, "enter"], Pin(stage.SECRET)),
    "no PUK": (stage.ask_puk(), [*stage.SECRET, "tab", "enter"], None),
    "new code": (stage.choose_code(), [*stage.SECRET, "enter", *stage.SECRET, "enter"], Pin(stage.SECRET)),
    "no new code": (stage.choose_code(), [*stage.SECRET, "tab", "tab", "enter"], None),
    "wanted slot": (stage.choose_slot(), ["tab", "enter"], "9d"),
    "other slot": (stage.choose_slot(), ["up", "down", "enter", "enter"], "9e"),
    "taken slot": (stage.choose_slot(), ["up", "up", "up", "enter", "enter"], "9c"),
    "loss": (stage.type_loss(), [*"1a2b3c4d", "enter"], "1a2b3c4d"),
    "other letters": (stage.type_loss(), [*"1A2B", "enter"], "1A2B"),
    "no loss": (stage.type_loss(), ["tab", "enter"], ""),
    "found enrolment": (stage.take_enrolment(), ["down", "down", "enter"], Path("/media/other/ann")),
    "typed enrolment": (stage.take_enrolment(), ["shift+tab", *"/x", "enter"], Path("/x")),
    "found response": (stage.take_response(), ["down", "enter"], Path("/media/stick/cyd.json")),
    "typed response": (stage.take_response(), ["shift+tab", *"/x", "enter"], Path("/x")),
    "scanned response": (stage.take_response(), ["shift+tab", *"CEREMONY1:SIG", "enter"], "CEREMONY1:SIG"),
    "keep enrolment": (stage.keep_enrolment(), ["tab", "enter"], True),
    "review": (stage.review_page(), [*WORDS.replace(" ", "_"), "enter"], WORDS),
    "review No": (stage.review_page(), ["tab", "enter"], ""),
    "type words": (stage.type_words(), [*MINE.replace(" ", "_"), "enter"], MINE),
    "place": (stage.choose_place(), ["down", "enter"], Path("/media/stick/first-root-release")),
    "other place": (stage.choose_place(), ["down", "down", "enter"], Path("/media/other/first-root-release")),
    "typed place": (stage.choose_place(), ["shift+tab", *"/x", "enter"], Path("/x")),
}

RESTING: dict[str, tuple[Question[Any], Any]] = {
    "confirm": (stage.confirm(), False),
    "roll call": (stage.roll_call(), UNANSWERED),
    "describe": (stage.describe(), ""),
    "plug in": (stage.plug_in(), UNANSWERED),
    "PIN": (stage.ask_pin(), UNANSWERED),
    "PUK": (stage.ask_puk(), UNANSWERED),
    "new code": (stage.choose_code(), UNANSWERED),
    "slot": (stage.choose_slot(), None),
    "loss": (stage.type_loss(), ""),
    "enrolment": (stage.take_enrolment(), None),
    "response": (stage.take_response(), None),
    "keep enrolment": (stage.keep_enrolment(), False),
    "review": (stage.review_page(), UNANSWERED),
    "type words": (stage.type_words(), UNANSWERED),
    "place": (stage.choose_place(), None),
}


async def drawn(pilot: Pilot[Any]) -> None:
    """The page of the question is on the screen, and so are the devices where there are any."""
    await stage.shown(pilot, "QuestionPage")
    lists = pilot.app.screen.query(OptionList)
    if lists:
        await stage.until(pilot, lambda: lists.first().option_count > 0)


@pytest.mark.parametrize("case", AGREEING)
async def test_somebody_who_answers_by_keys_is_heard(tmp_path: Path, case: str) -> None:
    """Each page returns exactly what was chosen or typed."""
    question, keys, wanted = AGREEING[case]
    script = stage.Script((question,))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press(*("space" if key == "_" else key for key in keys))
        await stage.until(pilot, lambda: bool(script.answers))
    assert script.answers == [wanted]


@pytest.mark.parametrize("case", RESTING)
async def test_enter_on_an_untouched_page_never_agrees(tmp_path: Path, case: str) -> None:
    """Enter alone gives the resting answer, or none at all."""
    question, wanted = RESTING[case]
    script = stage.Script((question,))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("enter", "enter", "enter")
        if wanted != UNANSWERED:
            await stage.until(pilot, lambda: bool(script.answers))
        await pilot.pause(0.05)
        assert script.answers == ([] if wanted == UNANSWERED else [wanted])


@pytest.mark.parametrize("case", RESTING)
async def test_escape_goes_back_from_every_page(tmp_path: Path, case: str) -> None:
    """Escape is answered by going back."""
    script = stage.Script((RESTING[case][0],))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("escape")
        await stage.until(pilot, lambda: bool(script.answers))
    assert isinstance(script.answers[0], GoBack)


async def test_the_first_page_has_no_way_back(tmp_path: Path) -> None:
    """Where a question allows no way back, Escape says so and the foot does not offer it."""
    script = stage.Script((stage.confirm(can_go_back=False),))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        assert "Esc" not in stage.text_of(pilot.app)
        await pilot.press("escape")
        await pilot.pause()
        assert "no page before this one" in stage.text_of(pilot.app)
        assert script.answers == []


@pytest.mark.parametrize("case", RESTING)
async def test_every_page_says_what_it_is(tmp_path: Path, case: str) -> None:
    """F1 shows the question's own explanation; Enter closes it and answers nothing."""
    script = stage.Script((RESTING[case][0],))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("f1")
        await stage.until(pilot, lambda: isinstance(pilot.app.screen, WhatIsThis))
        assert "A longer story about this page." in stage.text_of(pilot.app)
        await pilot.press("down", "up", "enter")
        await stage.until(pilot, lambda: not isinstance(pilot.app.screen, WhatIsThis))
        assert script.answers == []


@pytest.mark.parametrize("case", RESTING)
async def test_quitting_while_a_question_is_open_stops_cleanly(tmp_path: Path, case: str) -> None:
    """When the program ends, the engine hears that somebody stopped, and no thread is left waiting."""
    script = stage.Script((RESTING[case][0],))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
    assert script.is_over.wait(10)
    assert isinstance(script.answers[0], StoppedError)
    assert script.answers[0].by == RESTING[case][0].person


async def test_nobody_marked_is_no_roll_call(tmp_path: Path) -> None:
    """Yes without a name asks for one; No is None."""
    script = stage.Script((stage.roll_call(),))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("shift+tab", "enter")
        await pilot.pause()
        assert "Nobody is marked yet" in stage.text_of(pilot.app)
        await pilot.press("left", "enter")
        await stage.until(pilot, lambda: bool(script.answers))
    assert script.answers == [None]


async def test_a_pin_is_never_drawn_nor_kept(tmp_path: Path) -> None:
    """The digits appear on no screen, in no message, and not in the page once they were taken."""
    script = stage.Script((stage.ask_pin(), stage.confirm()))
    said: list[str] = []
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24), message_hook=lambda message: said.append(repr(message))) as pilot:
        await drawn(pilot)
        await pilot.press(*stage.SECRET)
        box = app.screen.query_one(PinBox)
        assert stage.SECRET not in stage.picture(app)
        assert "●" * len(stage.SECRET) in stage.text_of(app)
        await pilot.press("enter")
        await stage.shown(pilot, "ConfirmPage")
        assert not any(stage.SECRET in str(value) for value in vars(box).values())
        assert stage.SECRET not in stage.picture(app)
    assert script.answers[0] == Pin(stage.SECRET)
    assert not any(stage.SECRET in each for each in said)


async def test_a_pin_can_be_pasted_but_not_without_end(tmp_path: Path) -> None:
    """What a password manager pastes is taken without its line end, up to the length a PIN may have."""
    script = stage.Script((stage.ask_pin(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        app.screen.query_one(PinBox).post_message(Paste(stage.SECRET + "\n" + "7" * 100))
        await pilot.pause()
        await pilot.press("enter")
        await stage.until(pilot, lambda: bool(script.answers))
    assert script.answers[0] == Pin((stage.SECRET + "7" * 100)[:64])


async def test_a_rehearsal_tells_its_practice_pin_only_to_those_who_ask(tmp_path: Path) -> None:
    """The PIN page of a rehearsal points to F1, which shows the practice PIN."""
    script = stage.Script((stage.ask_pin(),))
    app = stage.app_for(tmp_path, script, {"10001": Pin("424242")})
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        assert "F1 shows the practice PIN" in stage.text_of(app)
        assert "424242" not in stage.text_of(app)
        await pilot.press("f1")
        await stage.until(pilot, lambda: isinstance(app.screen, WhatIsThis))
        assert "424242" in stage.text_of(app)


async def test_what_went_wrong_is_told_on_the_page_that_asks_again(tmp_path: Path) -> None:
    """The trouble of a question is explained above its answer."""
    script = stage.Script((stage.ask_pin(trouble=WrongPinError("10001", 2)),))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        assert "That was not the PIN" in stage.text_of(pilot.app), stage.text_of(pilot.app)
        assert "2" in str(pilot.app.screen.query_one("#trouble Static", Static).content)


async def test_insertion_and_removal_are_seen(tmp_path: Path) -> None:
    """The list follows what is plugged in; the arrow stays on its device, or goes with it."""
    now = [stage.DEVICES[1:]]
    script = stage.Script((stage.plug_in(lambda: now[0]),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(120, 40)) as pilot:
        await drawn(pilot)
        assert "Waiting for 10001." in stage.text_of(app)
        await pilot.press("down")
        await stage.until(pilot, lambda: "▶ [::HSM] Acme HSM 5  10002" in stage.text_of(app))
        now[0] = stage.DEVICES
        await stage.until(pilot, lambda: "just plugged in" in stage.text_of(app))
        assert "▶ [::HSM] Acme HSM 5  10002" in stage.text_of(app)
        now[0] = stage.DEVICES[:1]
        await stage.until(pilot, lambda: "Removed: 10002, 10003." in stage.text_of(app))
        assert "▶ (" not in stage.text_of(app)
        await pilot.press("enter")
        await pilot.pause()
        assert script.answers == []


async def test_a_typed_line_that_is_empty_is_no_answer(tmp_path: Path) -> None:
    """Enter on an empty line of a place page says what can be done."""
    script = stage.Script((stage.choose_place(),))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("shift+tab", "enter")
        await pilot.pause()
        assert "Type a path" in stage.text_of(pilot.app)
        assert script.answers == []


async def test_what_this_machine_cannot_tell_stands_first_on_the_review(tmp_path: Path) -> None:
    """As a caution, before the change."""
    unseen = Change("This machine has never seen targets.", is_caution=True)
    script = stage.Script((stage.review_page(cautions=(unseen,)),))
    async with stage.app_for(tmp_path, script).run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        lines = [line.strip() for line in stage.text_of(pilot.app).splitlines()]
        (place,) = (number for number, line in enumerate(lines) if "WHAT CHANGES" in line)
        assert "Caution: This machine has never seen targets." in lines[place + 1]


async def test_the_review_can_be_read_to_its_end_from_the_line_where_words_are_typed(tmp_path: Path) -> None:
    """PgDn moves the review while the focus stays; at 80 columns words stand in rows of four, at 120 of eight."""
    last = stage.reviewed().fingerprint.words[-1]
    for size, row in (((80, 24), 4), ((120, 40), 8)):
        script = stage.Script((stage.review_page(),))
        app = stage.app_for(tmp_path, script)
        async with app.run_test(size=size) as pilot:
            await drawn(pilot)
            await pilot.press(*["pagedown"] * 12)
            await pilot.pause()
            line = next(line for line in stage.text_of(app).splitlines() if last in line)
            assert f"{33 - row:>2} " in line
            await pilot.press(*["pageup"] * 12)
            await pilot.pause()
            assert "WHAT CHANGES" in stage.text_of(app)
