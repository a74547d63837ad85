"""The online signer's program is found, started, and believed only when it ends well."""

import sys
from pathlib import Path

import pytest

from ceremony.cli.signer_program import SignerProgram, find_signer
from ceremony.errors import RefusedError


def program(folder: Path, body: str) -> Path:
    """A shell script called ceremony-online."""
    folder.mkdir(exist_ok=True)
    path = folder / "ceremony-online"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def test_it_is_started_with_its_home_and_what_it_says_comes_back(tmp_path: Path) -> None:
    """Each argument stays one argument."""
    found = SignerProgram(program(tmp_path / "bin", 'printf "%s\\n" "$@"'), tmp_path / "home")
    assert found.run("init", "--as", "two words").splitlines() == [
        "--home",
        str(tmp_path / "home"),
        "init",
        "--as",
        "two words",
    ]


def test_its_last_words_are_told_when_it_fails(tmp_path: Path) -> None:
    """Its status and its own explanation stand in the refusal."""
    found = SignerProgram(program(tmp_path / "bin", "echo no space left >&2; exit 7"), tmp_path)
    with pytest.raises(RefusedError) as caught:
        found.run("deliver")
    assert caught.value.rule == "PROGRAM-DONE"
    assert caught.value.found == "ceremony-online deliver ended with status 7, saying: no space left"


def test_the_one_that_was_named_is_taken(tmp_path: Path) -> None:
    """Whatever else is installed."""
    path = program(tmp_path / "bin", "true")
    assert find_signer(path) == path


def test_the_one_beside_this_program_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both halves of one installation belong together."""
    beside, other = program(tmp_path / "venv", "true"), program(tmp_path / "bin", "true")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setenv("PATH", str(other.parent))
    assert find_signer(None) == beside
    beside.unlink()
    assert find_signer(None) == other


@pytest.mark.parametrize("named", [None, Path("absent"), Path()])
def test_without_the_program_people_are_told_which(
    named: Path | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a missing file nor a folder is a program."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusedError, match="PROGRAM-PRESENT"):
        find_signer(named)
