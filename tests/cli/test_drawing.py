"""Core values as text."""

import pytest
from fakes.scripted_terminal import paper_console, read_paper
from rich.panel import Panel

from ceremony.cli.drawing import code_words, device_name, draw_explanation, plain, print_json
from ceremony.errors import PausedError, RefusedError
from ceremony.explain import explain
from hsm import DeviceInfo, PinState


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


def test_what_is_no_fault_is_not_drawn_as_one() -> None:
    """A pause has its title in yellow, a refusal in red."""
    fault, pause = (
        draw_explanation(explain(each))
        for each in (RefusedError("THRESHOLD-FLOOR", "root: 1", "2"), PausedError((), (), "2030"))
    )
    assert isinstance(fault, Panel)
    assert isinstance(pause, Panel)
    assert [str(getattr(each.title, "style", "")) for each in (fault, pause)] == ["bold red", "bold yellow"]


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        (PinState(is_blocked=True), "blocked"),
        (PinState(0, is_blocked=True, is_default=True), "blocked"),
        (PinState(is_final_try=True), "LAST TRY"),
        (PinState(1, is_low=True), "LAST TRY"),
        (PinState(), "tries unknown"),
        (PinState(is_low=True), "tries unknown, after a wrong one"),
        (PinState(2, is_low=True), "2 tries left, after a wrong one"),
        (PinState(3), "3 tries left"),
        (PinState(3, is_default=True), "3 tries left, still the maker's"),
        (PinState(1, is_final_try=True, is_default=True), "LAST TRY, still the maker's"),
    ],
)
def test_the_state_of_a_code_is_told_before_it_is_asked(pin: PinState, words: str) -> None:
    """People know what a wrong PIN costs."""
    assert code_words(pin) == words


@pytest.mark.parametrize(
    ("maker", "model", "name"),
    [
        ("Yubico", "YubiKey 5 NFC", "YubiKey 5 NFC"),
        ("Acme", "Acme Key", "Acme Key"),
        ("Acme", "Key 5", "Acme Key 5"),
        ("", "Key 5", "Key 5"),
        ("Acme", "", "Acme"),
    ],
)
def test_a_device_is_called_what_its_maker_sells_it_as(maker: str, model: str, name: str) -> None:
    """Nobody reads the maker twice."""
    assert device_name(DeviceInfo("pkcs11", maker, model, "1", "", "", PinState(), ())) == name


def test_what_machines_get_cannot_command_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody looks at it there all the same."""
    print_json({"label": "\x9b31m\x1b[2J\u202eann"})
    assert capsys.readouterr().out.isascii()
    print_json({"label": "\x9b31m\x1b[2J\u202eann"})
    assert "\x1b" not in capsys.readouterr().out
