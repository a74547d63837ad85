"""`ceremony survey` over folders of strangers: what it shows, and what it exits with."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes.history import (
    BINS,
    EXPIRES,
    FIRST,
    SECOND,
    TARGETS,
    THIRD,
    altered,
    by,
    files,
    rekeyed,
    root,
    shown,
    targets,
)
from fakes.plain_desk import Ended, desk_with
from fakes.scripted_terminal import paper_console, read_paper

from ceremony.cli.front_door import FrontDoor
from ceremony.cli.survey_page import draw_survey
from ceremony.cli.survey_verb import survey_verb
from ceremony.core.metadata_file import MetadataFile
from ceremony.engine.surveying import look_through

DOOR = FrontDoor("ceremony", commands={"survey": survey_verb})
NOT_YET = EXPIRES - timedelta(days=1)
UNREADABLE = altered(FIRST, lambda signed: signed.update(expires="2021-12-18T13:28:12.99008-06:00"), "ann", "bob")
WRONG = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")


def run(*arguments: str | Path, now: datetime = NOT_YET) -> Ended:
    """What became of `ceremony survey` with these arguments at this moment."""
    desk = replace(desk_with(), clock=lambda: now)
    words = ["survey", *map(str, arguments)]
    result = CliRunner().invoke(DOOR, words, obj=desk, catch_exceptions=False)
    return Ended(result.exit_code, _flat(read_paper(desk.out)), _flat(read_paper(desk.err)), result.output)


def _flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """The first root, as somebody has it."""
    (tmp_path / "mine.json").write_bytes(FIRST.encode())
    return tmp_path / "mine.json"


def copy(folder: Path, *others: MetadataFile, **bytes_by_name: bytes) -> Path:
    """A repository that was fetched, with these files in place of those of their names."""
    (folder / "copy").mkdir()
    for name, data in {**files(*others), **bytes_by_name}.items():
        (folder / "copy" / name).write_bytes(data)
    return folder / "copy"


def test_a_clean_repository_needs_nothing(tmp_path: Path, pinned: Path) -> None:
    """Who comes how far, every root with its quorums, and no finding."""
    ended = run(copy(tmp_path), "--pinned", pinned)
    assert ended.status == 0
    for part in (
        "Survey of roots 1 to 3, targets 4 and bins 1, at 2030-12-31T00:00:00Z",
        "Counted from root 1, the pinned one.",
        "Clients on python-tuf come from root 1 to root 3. At the end they take every other file.",
        "Strict clients come from root 1 to root 3.",
        "3 2031-01-01 2 of 2 2 of 2 nobody",
        "Nothing is out of the ordinary in any file.",
        "What to do now Nothing.",
    ):
        assert part in ended.out
    assert not ended.err


def test_without_a_pinned_root_it_says_that_nobody_vouches(tmp_path: Path) -> None:
    """And how to get one; the status is that of a folder that agrees with itself."""
    ended = run(copy(tmp_path))
    assert ended.status == 0
    assert "Counted from root 1, the oldest one here. ! Nobody vouches for that root" in ended.out
    assert "survey again with --pinned" in ended.out
    assert "Nothing." not in ended.out
    assert json.loads(run(tmp_path / "copy", "--json").plain_out)["vouched"] is False


def test_it_names_the_root_at_which_trust_starts_for_each_client(tmp_path: Path, pinned: Path) -> None:
    """As in Sigstore's history: one root that nobody can read, one that strict clients refuse."""
    pinned.write_bytes(UNREADABLE.encode())
    ended = run(copy(tmp_path, UNREADABLE, WRONG), "--pinned", pinned)
    assert ended.status == 3
    for part in (
        "Clients on python-tuf do not come from root 1 to root 3. The first root from which they do is root 2.",
        "Strict clients do not come from root 1 to root 3. The first root from which they do is root 3.",
        "2.root.json: 0000000000000000 (its key's hash is",
        "unreadable, stops every client: 1.root.json",
        "keyid-hash, stops strict clients: 2.root.json",
        "Whoever is to start today starts with root 3",
    ):
        assert part in ended.out
    assert "TRUSTED-READABLE" in ended.err


def test_what_only_strict_clients_refuse_is_status_1(tmp_path: Path, pinned: Path) -> None:
    """This machine could go on from it."""
    ended = run(copy(tmp_path, WRONG), "--pinned", pinned)
    assert (ended.status, ended.err) == (1, "")
    told = json.loads(run(tmp_path / "copy", "--pinned", pinned, "--json").plain_out)
    assert (told["state"], told["vouched"], told["refusal"]) == ("caution", True, None)
    assert {client: each["starts"] for client, each in told["clients"].items()} == {"python-tuf": 1, "strict": 3}


def test_reasons_are_not_told_to_clients_that_come_through(tmp_path: Path) -> None:
    """Whoever pinned the third root does not care for the second."""
    (tmp_path / "mine.json").write_bytes(THIRD.encode())
    ended = run(copy(tmp_path, WRONG), "--pinned", tmp_path / "mine.json")
    assert ended.status == 0
    assert "Strict clients start with root 3. At the end they take every other file. Strict clients, such" in ended.out


def test_what_has_ended_is_status_1(tmp_path: Path, pinned: Path) -> None:
    """It is named, with the day."""
    ended = run(copy(tmp_path), "--pinned", pinned, now=EXPIRES)
    assert ended.status == 1
    assert f"{THIRD.name} on 2031-01-01, {TARGETS.name} on 2031-01-01 and {BINS.name} on 2031-01-01" in ended.out


def test_what_a_rule_refuses_is_explained_and_status_3(tmp_path: Path, pinned: Path) -> None:
    """For machines too."""
    short = by(targets(5, bins=("ann", "bob")), "cyd")
    ended = run(copy(tmp_path, short), "--pinned", pinned)
    assert ended.status == 3
    assert "At the end they stop at 5.targets.json." in ended.out
    assert "TRUSTED-TARGETS" in ended.err
    machine = run(tmp_path / "copy", "--pinned", pinned, "--json")
    assert (machine.status, machine.err) == (3, "")
    told = json.loads(machine.plain_out)
    assert told["state"] == "refused"
    assert "TRUSTED-TARGETS" in told["refusal"]["title"]


def test_bytes_that_are_no_metadata_are_status_4(tmp_path: Path, pinned: Path) -> None:
    """In a file that trust needs, in the pinned root, or in no root at all."""
    assert run(copy(tmp_path, **{"2.root.json": b"{}"}), "--pinned", pinned).status == 4
    pinned.write_bytes(b"[]")
    assert run(tmp_path / "copy", "--pinned", pinned).status == 4
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty").status == 4
    assert run(tmp_path / "nowhere").status == 7


def test_many_files_with_one_finding_are_one_line(tmp_path: Path) -> None:
    """The first four, and how many more."""

    def loosen(signed: dict[str, object]) -> None:
        signed["consistent_snapshot"] = False

    chain = [altered(root(version, ("ann", "bob")), loosen, "ann", "bob") for version in range(1, 7)]
    (tmp_path / "copy").mkdir()
    for name, data in shown(chain).items():
        (tmp_path / "copy" / name).write_bytes(data)
    assert (
        "1.root.json, 2.root.json, 3.root.json, 4.root.json and 2 more False; right would be: true"
        in run(tmp_path / "copy").out
    )


def test_no_name_steers_the_terminal(tmp_path: Path) -> None:
    """Roles are called, and fields spelled, as strangers like."""
    odd = by(targets(5, **{"a\x1b[2Jb\nGOOD": ("ann", "bob")}), "cyd", "ann again")
    lie = altered(root(3, ("cyd", "ann again")), _spell, "bob", "cyd", "ann again")
    folder = copy(tmp_path, odd, lie)
    paper = paper_console()
    for part in draw_survey(look_through(folder), NOT_YET):
        paper.print(part)
    told = read_paper(paper)
    assert "\x1b" not in told
    assert not any(line.startswith("GOOD") for line in told.splitlines())


def _spell(signed: dict[str, object]) -> None:
    signed["expires"] = "\x1b[2J\nGOOD"


def test_the_help_tells_the_statuses() -> None:
    """For scripts."""
    told = _flat(run("--help").plain_out)
    assert "0 every client comes from the pinned root to the end" in told
    assert "3 a rule refuses it" in told
