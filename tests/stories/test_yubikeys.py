"""Whole stories with virtual YubiKeys, reached through a real pcscd; a stranger's client is the judge."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.card_lab import CardLab
from fakes.plain_desk import Ended, desk_with, run
from fakes.rooms import NOW
from fakes.scripted_terminal import paper_console
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority
from fakes.willing_person import NAMES, PUK, WillingPerson, WillingTerminal
from stories.test_unattended import download

from ceremony.core.online_key import decode_online_key
from ceremony.core.plan import write_plan
from ceremony.core.review import fingerprint_of
from ceremony.engine.bundle import open_bundle
from ceremony.engine.practice import REPOSITORY, practice_plan

ROOT = Path(__file__).parents[2]
SIGNER = Path(sys.executable).with_name("ceremony-online")
SERIALS = {"ann": 30000001, "bob": 30000002, "cyd": 30000003}
PINS = {"ann": "271828ab", "bob": "314159cd", "cyd": "161803ef"}


@dataclass(frozen=True)
class Shop:
    """A folder, a desk with USB ports, and three YubiKeys as new, which are touched whenever they ask for it."""

    folder: Path
    lab: CardLab
    cards: dict[str, VirtualYubiKey]

    def plug(self, *names: str) -> None:
        """These people's YubiKeys are in the ports."""
        for name in names:
            self.lab.plug(self.cards[name])

    def ceremony(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """How `ceremony` ended, as somebody starts it from a shell."""
        return shell(self.folder, sys.executable, "-m", "ceremony", *words)

    def signer(self, *words: str | Path) -> str:
        """What `ceremony-online` said."""
        done = shell(self.folder, SIGNER, "--home", self.folder / "signer", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def typed(self, person: WillingPerson, *words: str | Path) -> Ended:
        """How `ceremony` ended at a terminal where this person sits."""
        paper = paper_console()
        return run(desk_with(WillingTerminal(paper, person.answer), paper), *words)

    def texts(self) -> list[str]:
        """Whatever stands in any file of the folder."""
        files = (each for each in self.folder.rglob("*") if each.is_file())
        return [each.read_bytes().decode("latin-1") for each in files]


def shell(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """How the command ended, with `folder` as home."""
    return subprocess.run(
        [*command], capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | {"HOME": str(folder)}
    )


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Nothing is plugged in yet; who vouches for the YubiKeys is known by its certificates."""
    authority = YubicoLikeAuthority.make("new")
    (tmp_path / "authority").mkdir()
    authority.save(tmp_path / "authority")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CEREMONY_PRACTICE_AUTHORITY", str(tmp_path / "authority"))
    cards = {name: VirtualYubiKey(serial, authority=authority) for name, serial in SERIALS.items()}
    with CardLab.started(tmp_path / "lab") as lab:
        yield Shop(tmp_path, lab, cards)


def roster_of(release: Path) -> dict[str, tuple[str, str, bool]]:
    """Who is enrolled: driver, serial, and whether a chain of certificates vouches for the key."""
    enrolments = open_bundle(release).roster.enrolments
    return {each.keyholder: (each.driver, each.serial, each.attestation is not None) for each in enrolments}


def test_three_yubikeys_and_nobody_at_the_keyboard(shop: Shop) -> None:
    """Blank YubiKeys become a repository that a client verifies; each gave its key, its codes and its touches."""
    shop.plug(*NAMES)
    story = shop.folder / "story"
    done = shop.ceremony("rehearse", "--unattended", story, "--devices", "yubikey", "--signer", SIGNER)
    assert (done.returncode, done.stderr) == (0, "")
    assert roster_of(story / "bundle") == {name: ("yubikey", str(SERIALS[name]), True) for name in NAMES}
    assert download(story, shop.folder / "client", "demo/hello.txt") == b"Hello from a rehearsal.\n"
    assert "ykman --device 30000003 piv reset" in done.stdout
    again = shop.ceremony("rehearse", "--unattended", shop.folder / "again", "--devices", "yubikey", "--signer", SIGNER)
    assert again.returncode == 3
    assert "DEVICE-BLANK" in again.stderr
    assert "30000001" in again.stderr


def test_two_yubikeys_and_a_token_and_nobody_at_the_keyboard(shop: Shop) -> None:
    """What signs need not be of one kind."""
    shop.plug("ann", "bob")
    story = shop.folder / "story"
    done = shop.ceremony("rehearse", "--unattended", story, "--devices", "mixed", "--signer", SIGNER)
    assert (done.returncode, done.stderr) == (0, "")
    roster = roster_of(story / "bundle")
    assert [roster[name] for name in ("ann", "bob")] == [
        ("yubikey", str(SERIALS[name]), True) for name in ("ann", "bob")
    ]
    assert (roster["cyd"][0], roster["cyd"][2]) == ("pkcs11", False)
    assert download(story, shop.folder / "client", "demo/numbers.txt").startswith(b"0\n1\n")


def test_one_enrols_at_home_and_all_sit_together(shop: Shop) -> None:
    """Ann makes her key away from the room; the others take it in, and everybody signs with their own YubiKey."""
    shop.signer("init", "--repository", REPOSITORY, "--rehearsal")
    key_file = shop.folder / "signer/online-key.json"
    key = decode_online_key(key_file.read_bytes(), str(key_file)).key
    plan = shop.folder / "plan.toml"
    serials = {name: str(serial) for name, serial in SERIALS.items()}
    plan.write_text(write_plan(practice_plan(NAMES, 2, NOW, key, serials)), encoding="utf-8")

    shop.plug("ann")
    at_home = shop.typed(WillingPerson(PINS), "enrol", plan, "--keyholder", "ann", "--into", shop.folder / "stick")
    assert at_home.status == 0, at_home.err
    shop.lab.pull(shop.cards["ann"])

    shop.plug(*NAMES)
    release = shop.folder / "release"
    words = ("sit", plan, "--enrolment", shop.folder / "stick", "--export", release)
    together = shop.typed(WillingPerson(PINS), *words)
    assert together.status == 0, together.err
    assert "made elsewhere, is taken in" in together.out
    assert roster_of(release) == {name: ("yubikey", str(SERIALS[name]), True) for name in NAMES}

    fingerprint = " ".join(fingerprint_of(open_bundle(release).files).words)
    target = shop.folder / "hello.txt"
    target.write_bytes(b"hello")
    assert "Delivered" in shop.signer("deliver", release, "--fingerprint", fingerprint)
    shop.signer("add", target)
    (shop.folder / "repository").symlink_to(shop.folder / "signer/repository")
    root = next(each for each in open_bundle(release).files if each.role == "root")
    (shop.folder / "root.json").write_bytes(root.encode())
    assert download(shop.folder, shop.folder / "client", "hello.txt") == b"hello"

    shown = [at_home.out, at_home.err, together.out, together.err, *shop.texts()]
    assert [code for code in (*PINS.values(), PUK) if any(code in text for text in shown)] == []


def test_everything_that_is_plugged_in_is_listed_with_the_modules_of_this_machine_in_place(shop: Shop) -> None:
    """With no settings at all: a module that sees the YubiKeys too keeps nobody from reading them."""
    shop.plug(*NAMES)
    found = json.loads(shop.ceremony("devices", "--json").stdout)
    yubikeys = {each["serial"]: each for each in found["devices"] if each["driver"] == "yubikey"}
    assert sorted(yubikeys) == sorted(map(str, SERIALS.values()))
    assert [each["trouble"] for each in yubikeys.values()] == [None] * 3
    assert [len(each["slots"]) for each in yubikeys.values()] == [24] * 3
