"""`ceremony rehearse`: practice at the keyboard, and the edges of the whole story."""

import secrets
from pathlib import Path

import pytest
from fakes.plain_desk import desk_with, run, typed
from fakes.scripted_terminal import paper_console, read_paper
from fakes.willing_person import NAMES, WillingPerson, WillingTerminal

from ceremony.cli import rehearse_all
from ceremony.cli.rehearse_all import Rehearsal, Wish
from ceremony.cli.signer_program import SignerProgram
from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.engine.practice import REPOSITORY, throwaway_online_key
from ceremony.engine.verify import Check, Verdict
from ceremony.errors import RehearsalError, TamperedError


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


@pytest.mark.parametrize("arguments", [("--keyholders", "2", "--threshold", "3"), ("--devices", "softhsm")])
def test_options_that_contradict_one_another_are_refused(arguments: tuple[str, ...]) -> None:
    """Before anything is made."""
    assert run(desk_with(), "rehearse", *arguments).status == 2


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    """Nothing is ever written over."""
    signer = tmp_path / "ceremony-online"
    signer.write_text("#!/bin/sh\n", encoding="utf-8")
    signer.chmod(0o700)
    ended = run(desk_with(), "rehearse", "--unattended", tmp_path, "--signer", signer)
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
    return Rehearsal(desk_with(), Wish(tmp_path / "story", "software", 3, 2, tmp_path / "ceremony-online"))


def test_a_release_that_a_stranger_refuses_ends_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is delivered that does not verify."""
    bad = Verdict(tmp_path, (Check("every byte", "", TamperedError("another length", "plan.toml")),))
    monkeypatch.setattr(rehearse_all, "verify", lambda _path, _policy: bad)
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    with pytest.raises(TamperedError):
        story(tmp_path).run()


def test_a_client_that_gets_other_bytes_ends_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's word alone is not enough: the bytes are compared."""
    monkeypatch.setattr(rehearse_all, "follow", lambda _url, _root, _cache, names: dict.fromkeys(names, b"other"))
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    with pytest.raises(RehearsalError, match="other bytes"):
        story(tmp_path).run()


def test_no_pin_is_left_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script knows the PINs in memory alone: no file and no line of the screen holds one."""
    monkeypatch.setattr(secrets, "randbelow", lambda _limit: 27_182_818)
    monkeypatch.setattr(SignerProgram, "run", signer_init)
    monkeypatch.setattr(rehearse_all, "follow", files_as_published)
    desk = desk_with()
    Rehearsal(desk, Wish(tmp_path / "story", "software", 3, 2, tmp_path / "ceremony-online")).run()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if b"27182818" in file.read_bytes()] == []
    assert "27182818" not in read_paper(desk.out)
    assert "9. A real client" in read_paper(desk.out)


def files_as_published(_url: str, _root: bytes, cache: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """What a client downloads that finds everything in order."""
    del cache
    return {name: rehearse_all.FILES[name] for name in names}


def signer_init(program: SignerProgram, verb: str, *_arguments: str) -> str:
    """A signer that makes a key file, and does nothing else."""
    if verb == "init":
        key = throwaway_online_key()
        program.home.joinpath("online-key.json").write_bytes(encode_online_key(OnlineKeyFile(REPOSITORY, key)))
    return verb
