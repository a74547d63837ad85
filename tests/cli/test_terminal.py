"""Lines and PINs come from a terminal and from nowhere else."""

import getpass
import io
import sys
import warnings

import pytest

from ceremony.cli.terminal import StandardTerminal
from ceremony.errors import TerminalError


def test_a_pipe_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sits at the other end of a pipe."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert not StandardTerminal().is_there()


def test_a_line_is_read_with_its_prompt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The prompt is shown and the line comes without its end."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    assert StandardTerminal().read_line("ann> ") == "yes"
    assert capsys.readouterr().out == "ann> "


def test_a_pin_is_read_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """What hides the typing is the system's own prompt."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt: prompt + "271828")
    assert StandardTerminal().read_secret("ann> ") == "ann> 271828"


def test_a_terminal_that_would_show_the_pin_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather no PIN than one that everybody reads."""

    def shown(_prompt: str) -> str:
        warnings.warn("cannot hide", getpass.GetPassWarning, stacklevel=1)
        return "271828"

    monkeypatch.setattr(getpass, "getpass", shown)
    with pytest.raises(TerminalError):
        StandardTerminal().read_secret("ann> ")
