"""Core values as text."""

import pytest
from fakes.scripted_terminal import paper_console, read_paper

from ceremony.cli.drawing import draw_explanation, pin_words, plain
from ceremony.errors import RefusedError
from ceremony.explain import explain
from hsm import PinState


def test_text_cannot_command_the_terminal() -> None:
    """A label on a device is shown, never obeyed; neither is markup."""
    assert plain("\x1b[31mred\x07 [bold]ann[/]\nbob").plain == "?[31mred? [bold]ann[/]\nbob"


def test_an_explanation_shows_all_its_parts() -> None:
    """Title, detail, advice."""
    paper = paper_console(200)
    found = explain(RefusedError("THRESHOLD-FLOOR", "root: 1", "2 or more"))
    paper.print(draw_explanation(found))
    text = read_paper(paper)
    assert "THRESHOLD-FLOOR" in text
    assert "root: 1" in text
    assert "What to do now:" in text


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        (PinState(is_blocked=True), "blocked"),
        (PinState(is_final_try=True), "LAST TRY"),
        (PinState(), "tries unknown"),
        (PinState(2, is_low=True), "2 tries left, one was wrong"),
        (PinState(3), "3 tries left"),
    ],
)
def test_the_state_of_a_pin_is_told_before_it_is_asked(pin: PinState, words: str) -> None:
    """People know what a wrong PIN costs."""
    assert pin_words(pin) == words
