"""SoftHSM tokens for rehearsals."""

import stat
from pathlib import Path

import pytest
from fakes.bench import PINS

from hsm import Pin, softhsm_tokens
from hsm.errors import DeviceFaultError, UnsupportedError
from hsm.softhsm_tokens import initialise_tokens

ANN = [("ann", Pin(PINS["ann"]))]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is searched for programs before all others."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def play(tools: Path, script: str) -> None:
    """The script is softhsm2-util from now on."""
    tool = tools / "softhsm2-util"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


def test_pins_are_typed_and_never_in_arguments_or_environment(tools: Path, tmp_path: Path) -> None:
    """What the tool is started with has no PIN in it; the user's PIN is typed twice, after an officer's."""
    seen, typed = tmp_path / "seen", tmp_path / "typed"
    ask = f"for _ in 1 2 3 4; do printf 'PIN: '; read -r pin; echo $pin >>{typed}; done"
    play(tools, f'echo "$@" >{seen}; env >>{seen}; {ask}')
    initialise_tokens(tmp_path / "softhsm", ANN)
    assert PINS["ann"] not in seen.read_text()
    officer, again, *users = typed.read_text().split()
    assert users == [PINS["ann"], PINS["ann"]]
    assert officer == again
    assert len(officer) >= 32


def test_the_folder_is_private_and_the_configuration_points_into_it(tmp_path: Path) -> None:
    """Only its owner can read the tokens, and the configuration names them by full path."""
    configuration = initialise_tokens(tmp_path / "softhsm", ANN)
    tokens = tmp_path / "softhsm" / "tokens"
    assert f"directories.tokendir = {tokens}\n" in configuration.read_text()
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o700
    assert len(list(tokens.iterdir())) == 1


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    """A second SoftHSM in one folder is refused, and the first keeps its configuration."""
    configuration = initialise_tokens(tmp_path / "softhsm", ANN)
    before = configuration.read_text()
    with pytest.raises(DeviceFaultError) as fault:
        initialise_tokens(tmp_path / "softhsm", ANN)
    assert fault.value.code == "FileExistsError"
    assert configuration.read_text() == before


def test_without_softhsm_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without softhsm2-util is told so by its name, and no folder is made."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnsupportedError) as unsupported:
        initialise_tokens(tmp_path / "softhsm", ANN)
    assert unsupported.value.scheme == "softhsm2-util"
    assert not (tmp_path / "softhsm").exists()


@pytest.mark.parametrize("script", ["exit 3", "printf 'PIN: '; exit 3", "exec <&- >&- 2>&-; exit 3"])
def test_a_tool_that_fails_is_told(tools: Path, tmp_path: Path, script: str) -> None:
    """A tool that gives up, before or between PINs, is a fault with its exit status."""
    play(tools, script)
    with pytest.raises(DeviceFaultError) as fault:
        initialise_tokens(tmp_path / "softhsm", ANN)
    assert (fault.value.serial, fault.value.code) == ("ann", "softhsm2-util 3")


def test_a_tool_that_hangs_is_ended(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that asks nothing is killed when patience ends."""
    monkeypatch.setattr(softhsm_tokens, "_PATIENCE_SECONDS", 0.0)
    play(tools, "exec tail -f /dev/null")
    with pytest.raises(DeviceFaultError) as fault:
        initialise_tokens(tmp_path / "softhsm", ANN)
    assert fault.value.code == "softhsm2-util TimeoutError"
