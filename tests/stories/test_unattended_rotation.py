"""A second ceremony with nobody at the keyboard, as somebody starts it from a shell; strangers' clients are the judges."""

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


@pytest.mark.parametrize(
    ("devices", "keyholders", "threshold"), [("software", 3, 2), ("software", 2, 2), ("softhsm", 5, 3)]
)
def test_a_rotation_brings_every_client_along(tmp_path: Path, devices: str, keyholders: int, threshold: int) -> None:
    """Clients of root 1 and of root 2 verify what was published after it; one key left, and one came."""
    told = walk(tmp_path, "rotation", devices, keyholders, threshold)
    assert told.downloads(tmp_path / "clients") == [MORE, MORE]
    old, new = (set(told.root(version)["roles"]["root"]["keyids"]) for version in (1, 2))
    assert (len(old - new), len(new - old), len(old & new)) == (1, 1, keyholders - 1)
    assert told.root(2)["roles"]["root"]["threshold"] == threshold
    enrolled = (roster_of(told.folder / "bundle"), roster_of(told.release))
    changed = [name for name in enrolled[0] if enrolled[0][name] != enrolled[1][name]]
    assert changed == [[*enrolled[0]][-1]], "ann's device stays, the last keyholder's does not"


@pytest.mark.parametrize("devices", ["software", "softhsm"])
def test_a_refresh_brings_every_client_along_and_changes_nothing_else(tmp_path: Path, devices: str) -> None:
    """Root, targets and bins say the same as before, a month longer."""
    told = walk(tmp_path, "refresh", devices)
    assert told.downloads(tmp_path / "clients") == [MORE, MORE]
    for role in ("root", "targets", "bins"):
        first, second = (told.published(f"{version}.{role}.json") for version in (1, 2))
        assert without_time(first) == without_time(second)
        assert first["expires"] < second["expires"]


@pytest.mark.parametrize("kind", ["rotation", "refresh"])
def test_the_folder_is_ready_to_look_at(tmp_path: Path, kind: str) -> None:
    """As the first story leaves it, with the second ceremony below it; a stranger checks both releases."""
    told = walk(tmp_path, kind)
    names = ("plan.toml", "bundle/manifest.json", "record/transcript.jsonl", "record/minutes.html")
    for name in ("root.json", *names, *(f"{kind}/{each}" for each in names)):
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
