"""What an operator types about tokens."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.online import main as front
from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import every_token

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    signer: OnlineSigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """The program, in this process, at a signer's home."""
    monkeypatch.setenv("CEREMONY_ONLINE_HOME", str(signer.home.folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def start(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ceremony-online", *words])
        with pytest.raises(SystemExit) as end:
            front.main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return start


def test_a_token_is_shown_once_and_alone(run: Run, signer: OnlineSigner) -> None:
    """Standard output is the token, so that a script can keep it."""
    status, out, err = run("token", "add", "--name", "ann", "--scope", "add, read", "--prefix", "demo/")

    assert status == 0
    assert "cannot show it again" in err
    found = every_token(signer.store).find(out.strip(), NOW)
    assert found == Grant("ann", frozenset({Scope.ADD, Scope.READ}), ("demo/",))
    listed = run("token", "list")[1]
    assert out.strip()[17:] not in listed
    assert "ann" in listed
    assert "add, read" in listed


def test_a_token_is_revoked_by_its_name(run: Run) -> None:
    """And the list says so."""
    run("token", "add", "--name", "ann", "--scope", "add", "--expires", "2999-01-31")

    assert run("token", "revoke", "ann")[:2] == (0, "Revoked: ann.\n")

    listed = run("token", "list")[1]
    assert "revoked" in listed
    assert "2999-01-31" in listed
    assert run("token", "revoke", "bob")[0] == 3


def test_a_list_of_nothing_says_how_to_begin(run: Run) -> None:
    """With the verb."""
    assert run("token", "list")[1] == "No token was ever made: `ceremony-online token add`.\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--name", "ann", "--scope", "everything"],
        ["--name", "ann", "--scope", ""],
        ["--name", "ann and bob", "--scope", "add"],
        ["--name", "ann", "--scope", "add", "--prefix", "demo"],
        ["--name", "ann", "--scope", "add", "--expires", "soon"],
        ["--name", "ann"],
    ],
)
def test_what_is_mistyped_makes_no_token(run: Run, signer: OnlineSigner, words: list[str]) -> None:
    """Status 2, like any command line that cannot be read."""
    assert run("token", "add", *words)[0] == 2
    assert every_token(signer.store).known == {}


def test_the_status_says_loudly_that_the_api_is_open(run: Run, signer: OnlineSigner) -> None:
    """On the page, and for machines."""
    (signer.home.folder / "api.toml").write_text('listen = ["127.0.0.1:8080"]\nopen_writes = "loopback"\n')

    assert "THE API IS OPEN" in run("status")[1]
    assert '"open_writes": "loopback"' in run("status", "--json")[1]


def test_settings_that_cannot_be_read_are_told_with_their_lines(run: Run, signer: OnlineSigner) -> None:
    """Before anything is served."""
    (signer.home.folder / "api.toml").write_text('listen = ["0.0.0.0:80"]\nopen_writes = "all"\n')

    status, _, err = run("serve")

    assert status == 2
    assert "api.toml:1" in err
    assert "api.toml:2" in err
