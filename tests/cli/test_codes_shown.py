"""Codes on a plain terminal: black on white, one after the other, and never one that is cut off."""

import io
from pathlib import Path

import pytest
from fakes.plain_desk import desk_with
from fakes.scripted_terminal import ScriptedTerminal, paper_console, read_paper
from rich.console import Console

from ceremony.cli.codes_shown import code_room, save_codes, show_codes
from ceremony.cli.desk import Desk
from ceremony.engine.qr import WIDE, qr_lines
from ceremony.errors import StoppedError, StorageError

SHORT = "CEREMONY1:ASK:AUTUMN"
LONG = SHORT + ":A" * 200


class Screen(Console):
    """A screen of some size, which people may change; what is printed stays to be read."""

    def __init__(self, width: int, height: int, colours: str | None = "truecolor") -> None:
        system = {"color_system": colours} if colours else {"color_system": None}
        super().__init__(file=io.StringIO(), width=width, height=height, force_terminal=True, **system)  # type: ignore[arg-type]  # a literal


def desk_at(screen: Console, *lines: str | type[BaseException]) -> Desk:
    """A desk with this screen, at which these lines are typed."""
    return desk_with(ScriptedTerminal(lines), screen)


def test_a_code_is_drawn_black_on_white() -> None:
    """Whatever colours the terminal has; every line of it, its light frame too."""
    screen = Screen(80, 30)
    show_codes(desk_at(screen), [SHORT], "The request")
    lines = qr_lines(SHORT, 80, 28)
    assert lines is not None
    shown = [line for line in read_paper(screen).splitlines() if "\x1b[38;2;0;0;0;48;2;255;255;255m" in line]
    assert [line.partition("m")[2].removesuffix("\x1b[0m") for line in shown] == [*lines]


def test_several_are_shown_one_after_the_other() -> None:
    """Enter shows the next; the last one stays."""
    screen = Screen(80, 30)
    terminal = ScriptedTerminal(("",))
    show_codes(desk_with(terminal, screen), [SHORT, SHORT + "2"], "The response")
    text = read_paper(screen)
    assert "code 1 of 2" in text
    assert "code 2 of 2" in text
    assert terminal.prompts == ["Scanned? Enter shows the next one> "]


def test_a_code_that_does_not_fit_is_not_cut_off() -> None:
    """People are told how much room it needs; they make it, and it comes."""
    screen = Screen(80, 24)

    class Enlarging(ScriptedTerminal):
        def read_line(self, prompt: str) -> str:
            screen.size = (100, 60)  # type: ignore[assignment]  # what rich takes
            return super().read_line(prompt)

    show_codes(desk_with(Enlarging(("",)), screen), [LONG], "The response")
    before, _, later = read_paper(screen).partition("this terminal has not")
    assert "It needs" in before
    assert "█" not in before
    assert "█" in later


@pytest.mark.parametrize("typed", ["n", "N"])
def test_somebody_can_go_without_it(typed: str) -> None:
    """The response stands on the disk as well."""
    screen = Screen(80, 24)
    show_codes(desk_at(screen, typed), [LONG], "The response")
    assert "█" not in read_paper(screen)


def test_whoever_leaves_stops() -> None:
    """Ctrl-C, or a terminal that is closed."""
    with pytest.raises(StoppedError):
        show_codes(desk_at(Screen(80, 24), KeyboardInterrupt), [LONG], "The response")
    with pytest.raises(StoppedError):
        show_codes(desk_at(Screen(80, 24)), [LONG], "The response")


def test_without_anybody_who_could_enlarge_it_nothing_waits() -> None:
    """The program says what it needs and goes on."""
    screen = Screen(80, 24)
    show_codes(desk_with(None, screen), [LONG], "The response")
    assert "It needs" in read_paper(screen)


def test_a_terminal_without_colours_is_warned_of() -> None:
    """There a code may come out light on dark."""
    screen = Screen(80, 30, None)
    show_codes(desk_at(screen), [SHORT], "The request")
    assert "shows no colours" in read_paper(screen)
    assert "shows no colours" not in read_paper(_shown(Screen(80, 30)))


def _shown(screen: Console) -> Console:
    show_codes(desk_at(screen), [SHORT], "The request")
    return screen


def test_a_code_may_take_what_a_terminal_can_be_made_to_have() -> None:
    """More than 80 by 24 always; a file has no size at all."""
    assert code_room(desk_with(None, Screen(80, 24))) == WIDE
    assert code_room(desk_with(None, Screen(200, 70))) == (200, 68)
    assert code_room(desk_with(None, paper_console())) == WIDE


def test_pictures_get_numbers_where_there_are_several(tmp_path: Path) -> None:
    """And nothing that exists is written over."""
    assert save_codes([SHORT], tmp_path / "one.svg") == (tmp_path / "one.svg",)
    found = save_codes([SHORT, LONG], tmp_path / "two.svg")
    assert [each.name for each in found] == ["two-1.svg", "two-2.svg"]
    assert all(b"<svg" in each.read_bytes() for each in found)
    with pytest.raises(StorageError):
        save_codes([SHORT], tmp_path / "one.svg")
