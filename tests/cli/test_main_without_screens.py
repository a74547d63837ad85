"""`ceremony` without a verb opens the screens, where they are installed."""

import subprocess
import sys

import pytest

from ceremony import __main__ as front
from ceremony.settings import Settings
from ceremony.tui import app

WITHOUT = """
import sys
sys.modules[{absent!r}] = None
from ceremony.__main__ import open_screens
from ceremony.settings import Settings
sys.exit(open_screens(Settings()))
"""


def opened_without(absent: str) -> subprocess.CompletedProcess[str]:
    """How opening the screens ends in a process that cannot import this module."""
    program = WITHOUT.format(absent=absent)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_absent_screens_are_explained() -> None:
    """Without textual the program says how to get it."""
    ended = opened_without("textual")

    assert ended.returncode == 9
    assert "The screens are not installed" in ended.stderr


def test_another_mistake_in_the_screens_is_not_hidden() -> None:
    """Only the absence of textual is explained away."""
    ended = opened_without("ceremony.tui")

    assert ended.returncode == 1
    assert "ModuleNotFoundError" in ended.stderr


def test_the_screens_get_the_settings_and_their_status_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the screens end with is what the program ends with."""
    given = Settings()
    monkeypatch.setattr(app, "run", lambda settings: 5 if settings is given else 70)

    assert front.open_screens(given) == 5
