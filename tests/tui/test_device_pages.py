"""The pages about a real device: what each says of it, what cannot be undone, and how it is agreed to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from tui import stage

from ceremony.engine.questions import GoBack, Question
from ceremony.errors import RefusedError
from ceremony.explain import explain
from ceremony.tui.screens.what_is_this import WhatIsThis
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.pin_box import PinBox
from ceremony.tui.widgets.slot_table import SlotTable
from hsm import Pin, PinState
from hsm.errors import AttestationRefusedError, WrongPinError, WrongPukError

OTHER = "817263"
BLOCKED = PinState(attempts_left=0, is_blocked=True)
LAST = PinState(attempts_left=1, is_final_try=True)

CAREFUL: dict[str, tuple[Question[Any], tuple[str, ...]]] = {
    "PIN with a PUK": (
        stage.ask_pin(),
        (
            "YubiKey 5C NFC, serial 10001",
            "ann's · firmware 5.7.1",
            "PIN: 3 tries left · PUK: 3 tries left",
            "costs one of its 3 tries",
            "only the PUK can give the device a new one",
        ),
    ),
    "last PIN": (
        stage.ask_pin(device=stage.BOB),
        ("! PIN: last try", "! ONE TRY IS LEFT. If this PIN is wrong, the device locks itself"),
    ),
    "last PIN, PUK blocked": (
        stage.ask_pin(device=stage.device("1", attempts_left=1, puk=BLOCKED)),
        ("! ONE TRY IS LEFT.", "nothing opens the device again: its keys are lost for ever", "! PUK blocked"),
    ),
    "PIN that is not counted": (
        stage.ask_pin(device=stage.device("1", attempts_left=None, puk=None)),
        ("PIN ready", "the device does not say how many it has left"),
    ),
    "PIN of practice": (
        stage.ask_pin(device=stage.device("1", driver="software", puk=None)),
        ("a new rehearsal brings a new device",),
    ),
    "PUK": (stage.ask_puk(), ("! PIN blocked", "A wrong PUK costs one of its 3 tries", "its keys are lost for ever")),
    "last PUK": (
        stage.ask_puk(device=replace(stage.CYD, puk=LAST)),
        ("! ONE TRY IS LEFT. If this PUK is wrong, nothing opens the device again: it can only be reset",),
    ),
    "new PIN": (
        stage.choose_code(),
        ("! Still the maker's: PIN, PUK, management key", "6 to 8 letters or digits", "The old PIN is gone then."),
    ),
    "new PUK": (stage.choose_code(code="PUK"), ("The old PUK is gone then.",)),
    "slot": (stage.choose_slot(), ("YubiKey 5C NFC, serial 10001", "Slot 9d is empty: nothing is lost")),
    "loss": (
        stage.type_loss(),
        (
            "THIS WILL BE LOST FOR EVER",
            "YubiKey 5C NFC, serial 10001",
            "9c, Digital signature",
            'a P-256 key, made inside, named "mail.example"',
            "1a2b3c4d 5e6f7081",
        ),
    ),
    "no stick": (stage.take_enrolment(places=()), ("None was found here.",)),
}

TROUBLED: dict[str, Question[Any]] = {
    "PIN": stage.ask_pin(trouble=WrongPinError("10001", 1), device=stage.device("10001", attempts_left=1)),
    "PUK": stage.ask_puk(trouble=WrongPukError("10003", 2)),
    "new code": stage.choose_code(
        action="ann, choose a PIN for YubiKey 5C NFC 10001 and type it twice. Nobody else looks while you type.",
        expect="6 to 8 letters or digits, both times the same; nothing of it is shown on this screen.",
        trouble=RefusedError("CODE-STRONG", "a PIN of another length or with other letters", "6 to 8 letters a to z"),
    ),
    "loss": stage.type_loss(
        action="To lose it for ever, type the first eight letters of what slot 9c holds: 1a2b3c4d5e6f7081",
        expect='What is lost: a P-256 key, made inside, named "mail.example". No copy of such a key exists anywhere.',
        trouble=RefusedError("LOSS-TYPED", "other letters", "the first eight letters of what the slot holds"),
    ),
    "enrolment": stage.take_enrolment(trouble=RefusedError("BUNDLE-OPEN", "a release", "an enrolment")),
}


async def drawn(pilot: Pilot[Any]) -> None:
    """The page of the question is on the screen."""
    await stage.shown(pilot, "QuestionPage")
    await pilot.pause()


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("case", CAREFUL)
async def test_a_page_says_which_device_it_is_and_what_cannot_be_undone(
    tmp_path: Path, case: str, size: tuple[int, int]
) -> None:
    """All of it, and all that can be answered, is in sight at once."""
    question, wanted = CAREFUL[case]
    app = stage.app_for(tmp_path, stage.Script((question,)))
    async with app.run_test(size=size) as pilot:
        await drawn(pilot)
        told = stage.told_on(app)
        assert [each for each in wanted if each not in told] == []
        middle = app.screen.query_one("#middle").region
        assert all(middle.contains_region(each.region) for each in app.screen.query("#body *, #reply *"))


@pytest.mark.parametrize("case", TROUBLED)
async def test_after_trouble_the_whole_page_is_still_in_sight(tmp_path: Path, case: str) -> None:
    """At 80 by 24 the record steps aside; trouble, device, line and No are all there."""
    app = stage.app_for(tmp_path, stage.Script((TROUBLED[case],)))
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        middle = app.screen.query_one("#middle").region
        shown = app.screen.query("#trouble, DeviceCard, #reply *, .title")
        assert all(middle.contains_region(each.region) for each in shown), stage.text_of(app)


async def test_long_trouble_can_be_read_to_its_end(tmp_path: Path) -> None:
    """PgDn reads on in it, while the answer stays in sight."""
    trouble = AttestationRefusedError("10001", "no certificate of a maker " * 8)
    app = stage.app_for(tmp_path, stage.Script((stage.plug_in(trouble=trouble),)))
    end = explain(trouble).advice.split()[-3:]
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        assert " ".join(end) not in " ".join(stage.text_of(app).split())
        await pilot.press(*["pagedown"] * 4)
        await pilot.pause()
        assert " ".join(end) in " ".join(stage.text_of(app).split())
        assert "[ No, look again ]" in stage.text_of(app)


async def test_two_codes_that_differ_are_told_and_both_are_gone(tmp_path: Path) -> None:
    """The page says so, nothing is answered, and both lines are empty; the next two that are alike are the answer."""
    script = stage.Script((stage.choose_code(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press(*stage.SECRET, "enter", *OTHER, "enter")
        await stage.until(pilot, lambda: "The two were not the same" in stage.told_on(app))
        assert all(each.is_empty for each in app.screen.query(PinBox))
        assert app.screen.focused is app.screen.query_one("#first")
        assert script.answers == []
        await pilot.press(*OTHER, "enter", *OTHER, "enter")
        await stage.until(pilot, lambda: bool(script.answers))
    assert script.answers == [Pin(OTHER)]


async def test_a_code_typed_once_is_no_new_code(tmp_path: Path) -> None:
    """Enter on the second line alone leads to the first, and on the first alone to the second."""
    script = stage.Script((stage.choose_code(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("tab", *stage.SECRET, "enter")
        assert app.screen.focused is app.screen.query_one("#first")
        await pilot.press("enter", *OTHER, "ctrl+u", *stage.SECRET, "tab", "ctrl+u", "shift+tab", "enter")
        assert app.screen.focused is app.screen.query_one("#second")
        assert script.answers == []


async def test_a_new_code_is_never_drawn_and_gone_when_the_page_is_left(tmp_path: Path) -> None:
    """No character of it on a screen, in a message, or in a line of a page that somebody left."""
    script = stage.Script((stage.choose_code(), stage.ask_puk(), stage.confirm()))
    said: list[str] = []
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24), message_hook=lambda message: said.append(repr(message))) as pilot:
        await drawn(pilot)
        left = list(app.screen.query(PinBox))
        await pilot.press(*stage.SECRET, "enter", *stage.SECRET[:3])
        assert stage.SECRET not in stage.picture(app)
        await pilot.press("escape")
        await stage.shown(pilot, "AskPukPage")
        left += list(app.screen.query(PinBox))
        await pilot.press(*stage.SECRET, "escape")
        await stage.shown(pilot, "ConfirmPage")
    assert all(each.is_empty for each in left)
    assert [type(each) for each in script.answers[:2]] == [GoBack, GoBack]
    assert not any(stage.SECRET in each for each in said)


async def test_a_question_mark_is_a_letter_of_a_code(tmp_path: Path) -> None:
    """It opens no explanation while a code is typed; F1 does, and what was typed stays."""
    script = stage.Script((stage.ask_pin(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("a", "question_mark", "f1")
        await stage.until(pilot, lambda: isinstance(app.screen, WhatIsThis))
        await pilot.press("enter", "b", "enter")
        await stage.until(pilot, lambda: bool(script.answers))
    assert script.answers == [Pin("a?b")]


async def test_the_slot_under_the_arrow_is_what_yes_means(tmp_path: Path) -> None:
    """The arrow begins on the wanted slot; on a taken one the page says what would be lost, and that it asks again."""
    script = stage.Script((stage.choose_slot(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        assert "▶ 9d    Key management          empty" in stage.text_of(app)
        assert app.screen.query_one("#yes", Choice).label == "Yes: slot 9d"
        assert app.screen.focused is app.screen.query_one("#no")
        await pilot.press("up", "up", "up")
        await stage.until(pilot, lambda: "▶ 9c " in stage.text_of(app))
        told = stage.told_on(app)
        assert (
            'Slot 9c: a P-256 key, made inside, named "mail.example" (1a2b3c4d5e6f7081) would be lost for ever.' in told
        )
        assert "You are asked once more" in told
        await pilot.press("enter")
        assert app.screen.focused is app.screen.query_one("#yes")
        assert script.answers == []
        await pilot.press("tab", "end")
        await stage.until(pilot, lambda: "95" in stage.text_of(app))


async def test_a_wanted_slot_that_is_not_there_leaves_the_arrow_at_the_first(tmp_path: Path) -> None:
    """Yes then means the first slot, and says so."""
    app = stage.app_for(tmp_path, stage.Script((stage.choose_slot(wanted="ff"),)))
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        assert app.screen.query_one(SlotTable).highlighted == 0
        assert app.screen.query_one("#yes", Choice).label == "Yes: slot 9c"


async def test_an_empty_path_is_no_enrolment(tmp_path: Path) -> None:
    """Enter on the empty line says what can be done, and answers nothing."""
    script = stage.Script((stage.take_enrolment(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await drawn(pilot)
        await pilot.press("shift+tab", "enter")
        await pilot.pause()
        assert "Type a path, or choose one of the lines above." in stage.told_on(app)
        assert script.answers == []
