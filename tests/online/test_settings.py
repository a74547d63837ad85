"""HOME/settings.toml: how a signer is run, strict, and as usual wherever it says nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from ceremony.errors import SettingsError
from ceremony.online.settings import Log, SelfCheck, Settings, load_signer_settings, parse_signer_settings

WHOLE = b"""
window_seconds = 2
retention_hours = 48
prune_minutes = 0

[self_check]
minutes = 5
url = "https://packages.example.org/repository"

[log]
form = "json"
key_use = false
"""


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    """No window, a day of retention, a look every ten minutes."""
    found = load_signer_settings(tmp_path)

    assert found == Settings()
    assert (found.window, found.retention) == (timedelta(0), timedelta(hours=24))
    assert found.self_check.every == timedelta(minutes=10)


def test_all_that_can_be_said_is_heard(tmp_path: Path) -> None:
    """Nought minutes mean never."""
    (tmp_path / "settings.toml").write_bytes(WHOLE)

    assert load_signer_settings(tmp_path) == Settings(
        timedelta(seconds=2),
        timedelta(hours=48),
        None,
        SelfCheck(timedelta(minutes=5), "https://packages.example.org/repository"),
        Log("json", is_key_use_told=False),
    )


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("retention_hours = 0", "retention_hours"),
        ("window_seconds = -1", "window_seconds"),
        ("window_seconds = 0.5", "window_seconds"),
        ("window_seconds = 3601", "window_seconds"),
        ("windows_seconds = 1", "windows_seconds"),
        ("[self_check]\nminutes = true", "self_check.minutes"),
        ('[self_check]\nurl = "ftp://x"', "self_check.url"),
        ('[self_check]\nurl = "https://user:secret@x/y"', "self_check.url"),
        ('[log]\nform = "xml"', "log.form"),
        ('[log]\nfile = "/etc/passwd"', "log.file"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(text: str, field: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(SettingsError) as refusal:
        parse_signer_settings(text.encode(), "settings.toml")

    assert [each.field for each in refusal.value.problems] == [field]
