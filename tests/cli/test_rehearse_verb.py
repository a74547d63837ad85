"""`ceremony rehearse`: practice at the keyboard, and the edges of the whole story."""

import re
import secrets
from pathlib import Path

import pytest
from fakes.plain_desk import desk_with, run, typed
from fakes.scripted_terminal import paper_console, read_paper
from fakes.willing_person import NAMES, WillingPerson, WillingTerminal
from fakes.yubikey_bench import YubikeyBench

from ceremony.cli import stage
from ceremony.cli.rehearse_all import Rehearsal
from ceremony.cli.signer_program import SignerProgram
from ceremony.cli.stage import Wish
from ceremony.cli.stories import STORIES
from ceremony.cli.story_steps import MORE
from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.engine.practice import REPOSITORY, throwaway_online_key
from ceremony.engine.verify import Check, Verdict
from ceremony.errors import RehearsalError, TamperedError
from hsm import Pin
from hsm.errors import WrongPinError


def test_practice_makes_devices_tells_their_pins_and_holds_the_ceremony(tmp_path: Path) -> None:
    """Somebody who has never seen the program comes to a release."""
    paper = paper_console()

    def answer(page: str, prompt: str) -> str:
        told = [line.split("PIN ")[1] for line in read_paper(paper).splitlines() if ", PIN " in line]
        return WillingPerson(dict(zip(NAMES, told, strict=True))).answer(page, prompt)

    ended = run(desk_with(WillingTerminal(paper, answer), paper), "rehearse", "--folder", "practice")
    assert ended.status == 0
    assert "Rehearsed. The release stands in" in ended.out
    assert (tmp_path / "practice/plan.toml").exists()


def test_practice_can_be_stopped_and_its_folder_is_named(tmp_path: Path) -> None:
    """Without a name it is a new folder here."""
    assert run(typed("q"), "rehearse").status == 5
    assert len(list(tmp_path.glob("rehearsal-*"))) == 1


def test_practice_needs_somebody(tmp_path: Path) -> None:
    """Without a terminal nothing is made."""
    assert run(desk_with(), "rehearse").status == 9
    assert list(tmp_path.glob("rehearsal-*")) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--keyholders", "2", "--threshold", "3"),
        ("--devices", "softhsm"),
        ("--devices", "yubikey"),
        ("--devices", "mixed"),
        ("--devices", "paper"),
        ("rotation",),
        ("refresh", "--folder", "practice"),
        ("no-such-story",),
    ],
)
def test_options_that_contradict_one_another_are_refused(arguments: tuple[str, ...]) -> None:
    """Before anything is made."""
    assert run(desk_with(), "rehearse", *arguments).status == 2


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    """Nothing is ever written over."""
    ended = run(desk_with(), "rehearse", "--unattended", tmp_path, "--signer", a_signer(tmp_path))
    assert ended.status == 7
    assert "not empty" in ended.err


def test_without_the_online_signer_the_story_does_not_begin(tmp_path: Path) -> None:
    """People are told how to get it."""
    ended = run(desk_with(), "rehearse", "--unattended", tmp_path / "story", "--signer", tmp_path / "absent")
    assert ended.status == 3
    assert "scripts/signer" in ended.err
    assert not (tmp_path / "story").exists()


def test_a_signer_that_fails_ends_the_story(tmp_path: Path) -> None:
    """With its own words."""
    signer = tmp_path / "ceremony-online"
    signer.write_text("#!/bin/sh\necho sorry >&2\nexit 1\n", encoding="utf-8")
    signer.chmod(0o700)
    ended = run(desk_with(), "rehearse", "--unattended", tmp_path / "story", "--signer", signer)
    assert ended.status == 3
    assert "sorry" in ended.err


def story(tmp_path: Path) -> Rehearsal:
    """A whole story that has not begun."""
    return Rehearsal(desk_with(), Wish("initial", tmp_path / "story", "software", 3, 2, tmp_path / "ceremony-online"))


def test_a_release_that_a_stranger_refuses_ends_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is delivered that does not verify."""
    bad = Verdict(tmp_path, (Check("every byte", "", TamperedError("another length", "plan.toml")),))
    monkeypatch.setattr(stage, "verify_from", lambda _path, _policy, _trusted: bad)
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    with pytest.raises(TamperedError):
        story(tmp_path).run()


def test_a_client_that_gets_other_bytes_ends_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's word alone is not enough: the bytes are compared."""
    monkeypatch.setattr(stage, "follow", lambda _url, _root, _cache, names: dict.fromkeys(names, b"other"))
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    with pytest.raises(RehearsalError, match="other bytes"):
        story(tmp_path).run()


@pytest.mark.parametrize(("story", "last"), [("initial", 9), ("rotation", 17), ("refresh", 17)])
def test_no_pin_is_left_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, story: str, last: int) -> None:
    """A script knows the PINs in memory alone: no file and no line of the screen holds one."""
    monkeypatch.setattr(secrets, "randbelow", lambda _limit: 27_182_818)
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    monkeypatch.setattr(stage, "follow", files_as_published)
    desk = desk_with()
    Rehearsal(desk, Wish(story, tmp_path / "story", "software", 3, 2, tmp_path / "ceremony-online")).run()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if b"27182818" in file.read_bytes()] == []
    assert "27182818" not in read_paper(desk.out)
    assert f"{last}. {'A real client' if story == 'initial' else 'Real clients'}" in read_paper(desk.out)


def test_yubikeys_that_were_used_up_are_named_with_the_way_to_empty_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yubikeys: YubikeyBench
) -> None:
    """Their codes lie in a file that its owner alone reads; no line of the screen holds one."""
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    monkeypatch.setattr(stage, "follow", files_as_published)
    wish = ("--devices", "yubikey", "--keyholders", "2", "--signer", a_signer(tmp_path))
    ended = run(desk_with(), "rehearse", "--unattended", tmp_path / "story", *wish)
    assert ended.status == 0
    text = " ".join(ended.out.split())
    assert "These YubiKeys hold practice keys now: 101, 102." in text
    assert "ykman --device 101 piv reset ykman --device 102 piv reset Done:" in text
    assert "TOUCH YubiKey 5 NFC 101 now" in text
    file = tmp_path / "story/practice-pins.txt"
    codes = re.findall(r"(\d+), PIN (\d{8}), PUK (\d{8})", file.read_text("utf-8"))
    assert [serial for serial, *_codes in codes] == ["101", "102"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [code for _serial, *pair in codes for code in pair if code in ended.out] == []
    for device, (_serial, pin, puk) in zip(yubikeys.devices(), codes, strict=False):
        device.unblock(Pin(puk), Pin("31415926"))
        with pytest.raises(WrongPinError):
            device.unlock(Pin(pin))


def test_yubikeys_are_told_of_when_the_story_breaks_off_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yubikeys: YubikeyBench
) -> None:
    """Only those that were changed: bob's was not reached."""
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    yubikeys.cards["ann"].touch.timeout = 0.1
    yubikeys.cards["ann"].touch.refuse = True
    wish = ("--devices", "yubikey", "--keyholders", "2", "--signer", a_signer(tmp_path))
    ended = run(desk_with(), "rehearse", "--unattended", tmp_path / "story", *wish)
    assert ended.status == 64
    assert "These YubiKeys hold practice keys now: 101. " in " ".join(ended.out.split())


def test_yubikeys_that_are_left_as_they_were_are_not_told_of(tmp_path: Path, yubikeys: YubikeyBench) -> None:
    """Too few: nothing was touched."""
    wish = ("--devices", "yubikey", "--keyholders", "4", "--signer", a_signer(tmp_path))
    ended = run(desk_with(), "rehearse", "--unattended", tmp_path / "story", *wish)
    assert ended.status == 3
    assert "DEVICES-ENOUGH" in ended.err
    assert "scripts/with-virtual-yubikeys" in ended.err
    assert "These YubiKeys" not in ended.out
    assert all(device.info.has_makers_codes for device in yubikeys.devices())


def test_every_story_is_told_in_the_help() -> None:
    """In a sentence."""
    text = " ".join(run(desk_with(), "rehearse", "--help").plain_out.split())
    for name, each in STORIES.items():
        assert f"{name}: {(each.__doc__ or '').splitlines()[0]}" in text


def test_a_client_that_was_there_before_and_gets_other_bytes_ends_the_story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only those who begin anew are asked."""
    visits: list[str] = []

    def follow(_url: str, _root: bytes, cache: Path, names: tuple[str, ...]) -> dict[str, bytes]:
        visits.append(cache.name)
        found = files_as_published("", b"", cache, names)
        return found if len(visits) == 1 else dict.fromkeys(names, b"other")

    monkeypatch.setattr(stage, "follow", follow)
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    wish = Wish("refresh", tmp_path / "story", "software", 2, 2, tmp_path / "ceremony-online")
    with pytest.raises(RehearsalError, match="other bytes"):
        Rehearsal(desk_with(), wish).run()
    assert visits == ["client", "client"]


def test_only_the_first_release_is_vouched_for_by_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later ones are judged by the root that the signer trusts."""
    calls: list[tuple[str, ...]] = []

    def said(program: SignerProgram, *words: str) -> str:
        calls.append(words)
        return signer_init(program, *words)

    monkeypatch.setattr(SignerProgram, "run", said)
    monkeypatch.setattr(stage, "follow", files_as_published)
    wish = Wish("rotation", tmp_path / "story", "software", 3, 2, tmp_path / "ceremony-online")
    Rehearsal(desk_with(), wish).run()
    first, second = (words for words in calls if words[0] == "deliver")
    assert "--fingerprint" in first
    assert second == ("deliver", str(tmp_path / "story/rotation/bundle"))


def a_signer(folder: Path) -> Path:
    """Something that passes for the online signer until it is started."""
    signer = folder / "ceremony-online"
    signer.write_text("#!/bin/sh\n", encoding="utf-8")
    signer.chmod(0o700)
    return signer


def files_as_published(_url: str, _root: bytes, cache: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """What a client downloads that finds everything in order."""
    del cache
    return {name: stage.FILES.get(name, MORE) for name in names}


def signer_init(program: SignerProgram, verb: str, *_arguments: str) -> str:
    """A signer that makes a key file, and does nothing else."""
    if verb == "init":
        key = throwaway_online_key()
        program.home.joinpath("online-key.json").write_bytes(encode_online_key(OnlineKeyFile(REPOSITORY, key)))
    return verb
