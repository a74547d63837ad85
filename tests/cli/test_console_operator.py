"""The plain console as operator."""

from typing import Any

import pytest
from fakes.people import NOW, plan, reviewed
from fakes.scripted_terminal import ScriptedTerminal, paper_console, read_paper

from ceremony.cli.console_operator import ConsoleOperator
from ceremony.core.tally import tally
from ceremony.core.transcript import Entry
from ceremony.engine.questions import AskPin, ChooseCode, Confirm, GoBack
from ceremony.engine.room import Scene, Step, Work
from ceremony.errors import StoppedError, TerminalError
from hsm import DeviceInfo, Pin, PinState
from hsm.errors import WrongPinError

PAGE: dict[str, Any] = {
    "step": "check",
    "person": "the operator",
    "title": "Check the machine",
    "action": "Compare the clocks.",
    "expect": "They agree.",
    "explain": "A wrong clock tells of a wrong machine.",
}
DEVICE = DeviceInfo("software", "Acme", "Key", "A1", "ann", "1", PinState(3), (), touch_seconds=15)
CONFIRM = Confirm(**PAGE, yes="They agree")


def asked(question: Any, *lines: str | type[BaseException]) -> tuple[object, str]:  # noqa: ANN401  # any question
    """The answer that comes of these lines, and the paper."""
    paper = paper_console()
    answer = ConsoleOperator(paper, ScriptedTerminal(lines)).ask(question)
    return answer, read_paper(paper)


def test_a_page_says_what_to_do_and_what_to_see() -> None:
    """One action, one expected observation, the keys that may be typed."""
    _answer, text = asked(CONFIRM, "y")
    for piece in ("Check the machine", "Do: Compare the clocks.", "See: They agree.", "y = They agree", "q = stop"):
        assert piece in text


def test_enter_never_agrees() -> None:
    """Every question rests on No."""
    assert asked(CONFIRM, "")[0] is False


def test_a_line_that_means_nothing_is_asked_again() -> None:
    """The page says what would be right."""
    answer, text = asked(CONFIRM, "perhaps", "y")
    assert answer is True
    assert "Type y or n." in text


def test_what_is_this_is_answered_and_asked_again() -> None:
    """The longer explanation is one key away."""
    answer, text = asked(CONFIRM, "?", "n")
    assert answer is False
    assert "A wrong clock tells of a wrong machine." in text


def test_b_goes_back() -> None:
    """There is a way back from every page that allows it."""
    with pytest.raises(GoBack):
        asked(CONFIRM, "b")


def test_the_first_page_has_nothing_behind_it() -> None:
    """Where there is no way back, b says so."""
    answer, text = asked(Confirm(**PAGE, yes="They agree", can_go_back=False), "b", "y")
    assert answer is True
    assert "no page before" in text
    assert "b = back" not in text


@pytest.mark.parametrize("line", ["q", EOFError, KeyboardInterrupt])
def test_q_a_closed_terminal_and_ctrl_c_stop(line: str | type[BaseException]) -> None:
    """Stopping names who was asked, and where."""
    with pytest.raises(StoppedError) as caught:
        asked(CONFIRM, line)
    assert (caught.value.by, caught.value.stage) == ("the operator", "Check the machine")


def test_without_a_terminal_nobody_is_asked() -> None:
    """A pipe cannot agree to anything."""
    operator = ConsoleOperator(paper_console(), ScriptedTerminal(("y",), is_connected=False))
    with pytest.raises(TerminalError) as caught:
        operator.ask(CONFIRM)
    assert (caught.value.columns, caught.value.rows) == (0, 0)


def test_a_pin_is_read_hidden_and_never_shown() -> None:
    """The digits stand on no paper."""
    paper, terminal = paper_console(), ScriptedTerminal(("271828 ",))
    answer = ConsoleOperator(paper, terminal).ask(AskPin(**PAGE, device=DEVICE, trouble=WrongPinError("A1", 2)))
    assert answer == Pin("271828 ")
    assert terminal.secrets_asked == 1
    assert "271828" not in read_paper(paper)


CHOOSE_PIN = ChooseCode(**PAGE, device=DEVICE, code="PIN")


def test_a_new_code_is_typed_twice_and_never_shown() -> None:
    """Nobody can read what they typed."""
    paper, terminal = paper_console(), ScriptedTerminal(("271828", "271828"))
    assert ConsoleOperator(paper, terminal).ask(CHOOSE_PIN) == Pin("271828")
    assert terminal.secrets_asked == 2
    assert terminal.prompts == ["the operator> ", "the operator again> "]
    assert "271828" not in read_paper(paper)


def test_two_that_differ_are_typed_once_more() -> None:
    """And nothing is said of either."""
    answer, text = asked(CHOOSE_PIN, "271828", "271829", "314159", "314159")
    assert answer == Pin("314159")
    assert "The two were not the same." in text
    assert [pin for pin in ("271828", "271829", "314159") if pin in text] == []


@pytest.mark.parametrize("lines", [("",), ("271828", "", "")])
def test_enter_chooses_no_code(lines: tuple[str, ...]) -> None:
    """At first, or after all."""
    assert asked(CHOOSE_PIN, *lines)[0] is None


def test_trouble_is_explained_above_the_question() -> None:
    """Whoever is asked again learns why."""
    _answer, text = asked(AskPin(**PAGE, device=DEVICE, trouble=WrongPinError("A1", 1)), "")
    assert "ONE try is left" in text


def test_an_entry_stands_in_one_line() -> None:
    """Done and not done look different."""
    paper = paper_console()
    operator = ConsoleOperator(paper, ScriptedTerminal())
    operator.tell(Entry(NOW, "check", "", "checked", "The clocks agree."))
    operator.tell(Entry(NOW, "check", "", "WrongPin", "serial: A1", "refused"))
    assert read_paper(paper).splitlines() == ["* 12:00:00 The clocks agree.", "! 12:00:00 serial: A1"]


def shown(*scenes: Scene) -> str:
    """What stands on paper after these scenes."""
    paper = paper_console()
    operator = ConsoleOperator(paper, ScriptedTerminal())
    for scene in scenes:
        operator.show(scene)
    return read_paper(paper)


def test_a_new_step_is_announced_once() -> None:
    """The script's place is always known."""
    scene = Scene(plan(), (Step("check", "Check the machine", "current"), Step("roll", "Roll call")))
    assert shown(scene, scene).count("Step 1 of 2: Check the machine") == 1


def test_signatures_are_counted_when_they_change() -> None:
    """The quorum is told after each signature."""
    standings = tally(reviewed().draft.files, reviewed().quorums)
    scene = Scene(plan(), standings=standings)
    assert shown(scene, scene).count("Signatures: root 0 of 2, targets 0 of 2, bins 0 of 2") == 1


def test_a_touch_is_asked_for_loudly() -> None:
    """The person who has to act is named."""
    text = shown(Scene(plan(), work=Work("Signing root", "ann", DEVICE, 15, 0, 3)))
    assert "Signing root (1 of 3). ann: TOUCH your device now, within 15 seconds." in text


def test_other_work_is_mentioned() -> None:
    """Nobody wonders whether the program still runs."""
    assert "... Making a key." in shown(Scene(plan(), work=Work("Making a key")))


def test_a_rehearsal_is_marked_on_every_page() -> None:
    """Nobody takes practice for the real thing, nor the other way round."""
    paper = paper_console()
    operator = ConsoleOperator(paper, ScriptedTerminal(("y", "y")))
    operator.ask(CONFIRM)
    assert "REHEARSAL" not in read_paper(paper)
    operator.show(Scene(plan(is_rehearsal=True)))
    operator.ask(CONFIRM)
    assert "REHEARSAL" in read_paper(paper)
