"""A program that was installed without its screens."""

import sys

import pytest

from ceremony import __main__ as front
from ceremony.settings import Settings


def test_absent_screens_are_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without textual the program says how to get it."""
    for name in [each for each in sys.modules if each.startswith("ceremony.tui")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual", None)
    monkeypatch.setitem(sys.modules, "textual.app", None)
    assert front.open_screens(Settings()) == 9
    assert "The screens are not installed" in capsys.readouterr().err


def test_another_mistake_in_the_screens_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the absence of textual is explained away."""
    monkeypatch.setitem(sys.modules, "ceremony.tui", None)
    with pytest.raises(ImportError):
        front.open_screens(Settings())


def test_the_screens_get_the_settings_and_their_status_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are loaded only when they are opened."""
    given = Settings()
    monkeypatch.setattr("ceremony.tui.app.run", lambda settings: 5 if settings is given else 70)
    assert front.open_screens(given) == 5
