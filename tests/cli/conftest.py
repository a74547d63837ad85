"""Every test of the command line has a home folder of its own, and no device in reach but those that it makes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import rooms
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority
from fakes.yubikey_bench import YubikeyBench, yubikey_table

from ceremony.cli import desk
from ceremony.engine.sitting import sit


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "home/.config/ceremony/settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("yubikeys = false\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(desk, "usual_modules", tuple)


@pytest.fixture
def yubikeys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[YubikeyBench]:
    """Three virtual YubiKeys as new, by owner, whose maker's certificates lie where the program is told."""
    authority = YubicoLikeAuthority.make("new")
    (tmp_path / "authority").mkdir()
    authority.save(tmp_path / "authority")
    monkeypatch.setenv("CEREMONY_PRACTICE_AUTHORITY", str(tmp_path / "authority"))
    (tmp_path / "home/.config/ceremony/settings.toml").unlink()
    cards = {name: VirtualYubiKey(101 + place, authority=authority) for place, name in enumerate(("ann", "bob", "cyd"))}
    with yubikey_table(tmp_path / "lab", cards) as bench:
        yield bench


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> rooms.Desk:
    """A desk at which ann, bob and cyd have held their first ceremony; its release stands there. Read only."""
    done = rooms.desk(tmp_path_factory.mktemp("first"))
    sit(done.room, done.agenda())
    return done
