"""A second ceremony with nobody at the keyboard, as somebody starts it from a shell; strangers' clients judge it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from stories.test_unattended import ROOT, SIGNER, download
from stories.test_yubikeys import SERIALS, Shop, roster_of, shop

__all__ = ["shop"]

MORE = b"Published after the second ceremony.\n"


@dataclass(frozen=True, slots=True)
class Told:
    """A story that has been walked: its folder, what it said, and the kind of its second ceremony."""

    folder: Path
    said: str
    kind: str

    @property
    def release(self) -> Path:
        """What the second ceremony made."""
        return self.folder / self.kind / "bundle"

    def root(self, version: int) -> dict[str, Any]:
        """What this root says, of those that the story keeps."""
        found: dict[str, Any] = json.loads((self.folder / f"roots/{version}.root.json").read_bytes())["signed"]
        return found

    def published(self, name: str) -> dict[str, Any]:
        """What this file says, as it is published."""
        found: dict[str, Any] = json.loads((self.folder / "repository/metadata" / name).read_bytes())["signed"]
        return found

    def downloads(self, cache: Path) -> list[bytes]:
        """What clients get that have nothing but one of the roots, each of them in turn."""
        found = []
        for version in (1, 2):
            place = cache / f"from {version}"
            place.mkdir(parents=True)
            shutil.copytree(self.folder / "repository", place / "repository")
            shutil.copy(self.folder / f"roots/{version}.root.json", place / "root.json")
            found.append(download(place, place / "client", f"demo/{self.kind}.txt"))
        return found


def ceremony(home: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """How the program ended."""
    command = [sys.executable, "-m", "ceremony", *words]
    environment = os.environ | {"HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)


def walk(home: Path, kind: str, devices: str = "software", keyholders: int = 3, threshold: int = 2) -> Told:
    """A whole story, which ended well."""
    options = ("--devices", devices, "--keyholders", str(keyholders), "--threshold", str(threshold))
    done = ceremony(home, "rehearse", kind, "--unattended", home / "story", "--signer", SIGNER, *options)
    assert (done.returncode, done.stderr) == (0, "")
    return Told(home / "story", done.stdout, kind)


def without_time(signed: dict[str, Any]) -> dict[str, Any]:
    """What somebody says besides version and end."""
    return {name: value for name, value in signed.items() if name not in {"version", "expires"}}


@pytest.fixture(scope="module")
def rotated(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Two of three sign with software devices, and cyd's was replaced. Read only."""
    return walk(tmp_path_factory.mktemp("rotated"), "rotation")


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The same three, and new ends for everything. Read only."""
    return walk(tmp_path_factory.mktemp("refreshed"), "refresh")


def check_rotation(told: Told, cache: Path, keyholders: int, threshold: int) -> None:
    """Clients of both roots verify what was published after it; of the keys one left, and one came."""
    assert told.downloads(cache) == [MORE, MORE]
    old, new = (set(told.root(version)["roles"]["root"]["keyids"]) for version in (1, 2))
    assert (len(old - new), len(new - old), len(old & new)) == (1, 1, keyholders - 1)
    assert told.root(2)["roles"]["root"]["threshold"] == threshold
    first, second = roster_of(told.folder / "bundle"), roster_of(told.release)
    assert [name for name in first if first[name] != second[name]] == [[*first][-1]], "ann's device stays"


def test_a_rotation_brings_every_client_along(rotated: Told, tmp_path: Path) -> None:
    """From root 1 and from root 2."""
    check_rotation(rotated, tmp_path / "clients", 3, 2)
    assert "cyd signed 2.root.json with software device practice-4" in " ".join(rotated.said.split())
    assert "cyd signed 2.root.json with software device practice-3" in " ".join(rotated.said.split())


@pytest.mark.parametrize(("devices", "keyholders", "threshold"), [("software", 2, 2), ("softhsm", 5, 3)])
def test_a_rotation_of_any_size_does(tmp_path: Path, devices: str, keyholders: int, threshold: int) -> None:
    """Where everybody has to sign, the bins are signed anew too."""
    told = walk(tmp_path, "rotation", devices, keyholders, threshold)
    check_rotation(told, tmp_path / "clients", keyholders, threshold)
    bins = told.folder / "repository/metadata/2.bins.json"
    assert bins.exists() == (keyholders == threshold)


def check_refresh(told: Told, cache: Path) -> None:
    """Root, targets and bins say what they said, a month longer."""
    assert told.downloads(cache) == [MORE, MORE]
    for role in ("root", "targets", "bins"):
        first, second = (told.published(f"{version}.{role}.json") for version in (1, 2))
        assert without_time(first) == without_time(second)
        assert first["expires"] < second["expires"]


def test_a_refresh_brings_every_client_along_and_changes_nothing_else(refreshed: Told, tmp_path: Path) -> None:
    """From root 1 and from root 2."""
    check_refresh(refreshed, tmp_path / "clients")


def test_a_refresh_with_tokens_does(tmp_path: Path) -> None:
    """Nobody enrols: every token signs with the key that it has."""
    told = walk(tmp_path, "refresh", "softhsm")
    check_refresh(told, tmp_path / "clients")
    assert roster_of(told.folder / "bundle") == roster_of(told.release)


@pytest.mark.parametrize("story", ["rotated", "refreshed"])
def test_the_folder_is_ready_to_look_at(request: pytest.FixtureRequest, tmp_path: Path, story: str) -> None:
    """As the first story leaves it, with the second ceremony below it; a stranger checks both releases."""
    told: Told = request.getfixturevalue(story)
    names = ("plan.toml", "bundle/manifest.json", "record/transcript.jsonl", "record/minutes.html")
    for name in ("root.json", *names, *(f"{told.kind}/{each}" for each in names)):
        assert (told.folder / name).is_file()
    assert (told.folder / "root.json").read_bytes() == (told.folder / "roots/1.root.json").read_bytes()
    published = told.folder / "repository/metadata"
    for version in (1, 2):
        name = f"{version}.root.json"
        assert (told.folder / "roots" / name).read_bytes() == (published / name).read_bytes()
    for release in (told.folder / "bundle", told.release):
        assert ceremony(tmp_path, "verify", release, "--trusted", told.folder / "root.json").returncode == 0
    assert "The client that came before comes back" in told.said


def test_a_yubikey_is_replaced_by_another(shop: Shop) -> None:
    """Three YubiKeys, two keyholders: bob's first one signs root a last time."""
    shop.plug("ann", "bob", "cyd")
    told = walk(shop.folder, "rotation", "yubikey", keyholders=2)
    assert told.downloads(shop.folder / "clients") == [MORE, MORE]
    first, second = roster_of(told.folder / "bundle"), roster_of(told.release)
    assert first["bob"] == ("yubikey", str(SERIALS["bob"]), True)
    assert second == {"ann": first["ann"], "bob": ("yubikey", str(SERIALS["cyd"]), True)}
    assert "second device of bob: device 30000003" in (told.folder / "practice-pins.txt").read_text("utf-8")
    assert "ykman --device 30000003 piv reset" in told.said


def test_of_mixed_devices_a_token_is_replaced_by_another(shop: Shop) -> None:
    """Two YubiKeys stay; cyd's token does not."""
    shop.plug("ann", "bob")
    told = walk(shop.folder, "rotation", "mixed")
    assert told.downloads(shop.folder / "clients") == [MORE, MORE]
    first, second = roster_of(told.folder / "bundle"), roster_of(told.release)
    assert (first["ann"], first["bob"]) == (second["ann"], second["bob"])
    assert first["cyd"][0] == second["cyd"][0] == "pkcs11"
    assert first["cyd"][1] != second["cyd"][1]
