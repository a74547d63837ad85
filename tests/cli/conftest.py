"""Every test of the command line has a home folder of its own, with no settings in it and no PKCS#11 module."""

from pathlib import Path

import pytest

from ceremony.cli import desk


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(desk, "usual_modules", tuple)
