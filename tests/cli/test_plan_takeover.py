"""`ceremony plan --new --after FOLDER`: a repository that others have made is taken over, by answers."""

from pathlib import Path

import pytest
from fakes.foreign_repository import OLD, SIGNED_FIELD, ForeignRepository, foreign_repository
from fakes.people import REPOSITORY, online_key
from fakes.plain_desk import Ended, desk_with, run, typed
from fakes.rooms import NOW

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.core.plan import Leaving, Plan, parse_plan

BEGIN = ("", "yes", "", "")
"""Name, a rehearsal, both ends of the window."""
END = ("2", "2", "2", "-", "", "16", "", "", "", "")
"""Two sign each role, no delegations, a year, sixteen bins, the usual lifetimes."""


@pytest.fixture(name="foreign")
def _foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ForeignRepository:
    monkeypatch.chdir(tmp_path)
    Path("online-key.json").write_bytes(encode_online_key(OnlineKeyFile(REPOSITORY, online_key())))
    return foreign_repository(tmp_path / "foreign", NOW)


def answered(foreign: ForeignRepository, *lines: str) -> Ended:
    """How the conversation ended."""
    desk = typed(*lines)
    pinned = ("--pinned", foreign.first_root, "--online-key", "online-key.json")
    return run(desk, "plan", "--new", "--after", foreign.folder, *pinned, "over.toml")


def planned(foreign: ForeignRepository, *lines: str) -> Plan:
    """The plan that these answers make, and that is judged to be good afterwards."""
    ended = answered(foreign, *lines, "y")
    assert ended.status == 0, ended.out + ended.err
    beside = ("--after", foreign.folder, "--pinned", foreign.first_root)
    judged = run(desk_with(), "plan", "--check", "over.toml", *beside)
    assert judged.status == 0, judged.out + judged.err
    return parse_plan(Path("over.toml").read_bytes(), "over.toml")


def test_names_are_asked_for_each_key(foreign: ForeignRepository) -> None:
    """Ann and bob keep theirs, cyd leaves, and somebody comes."""
    people = ("day", "A4", "ann", "-", "bob", "B2", "cyd leaves", "C3")
    found = planned(foreign, *BEGIN, *people, *END, "all")
    assert [(each.name, each.keyid, each.device, each.scheme) for each in found.keyholders] == [
        ("ann", foreign.key("ann").keyid, "", "ecdsa-sha2-nistp256"),
        ("bob", foreign.key("bob").keyid, "B2", "ed25519"),
        ("day", "", "A4", "ecdsa-sha2-nistp256"),
    ]
    assert found.leaving == (Leaving("cyd", foreign.key("cyd").keyid, "C3"),)
    assert {*found.leaves_out} == {OLD, SIGNED_FIELD}
    assert (found.kind, found.is_rehearsal, [*found.expires]) == ("rotation", True, ["root", "targets", "bins"])
    assert found.trusted is not None
    assert found.trusted.version == 2


def test_what_it_takes_over_is_told_and_what_comes_next(foreign: ForeignRepository) -> None:
    """With every key, and the commands for the day."""
    ended = answered(foreign, *BEGIN, "-", "ann", "-", "bob", "-", "cyd", "-", *END, "all", "y")
    text = " ".join(ended.out.split())
    assert "at 2.root.json, which nobody here has made" in text
    assert f"ann keeps key {foreign.key('ann').keyid[:16]}, and signs root, targets and bins." in text
    assert "root 3 is signed" in text
    assert "ceremony sit over.toml --trusted" in text
    assert "--pinned" in text


def test_a_key_may_be_nobody_s(foreign: ForeignRepository) -> None:
    """It signs nothing any more, and nobody is asked for it."""
    found = planned(foreign, *BEGIN, "day", "-", "ann", "-", "bob", "-", "-", *END, "all")
    assert [each.name for each in found.keyholders] == ["ann", "bob", "day"]
    assert found.leaving == ()


def test_what_would_be_lost_is_asked_for_until_it_is_named(foreign: ForeignRepository) -> None:
    """In words that say what to do; with a dash nothing is left out, and the conversation goes round once more."""
    people = ("-", "ann", "-", "bob", "-", "cyd", "-")
    again = ("",) * 21
    ended = answered(foreign, *BEGIN, *people, *END, "-", *again, "all", "y")
    text = " ".join(ended.out.split())
    assert f"TARGETS-KEPT: found a draft without {SIGNED_FIELD}, {OLD}" in text
    assert "ceremony-online add" in text
    assert ended.status == 0


def test_without_a_pinned_root_nobody_vouches_for_the_first(foreign: ForeignRepository) -> None:
    """And that is said, before anything is asked and when the plan is judged."""
    lines = (*BEGIN, "-", "ann", "-", "bob", "-", "cyd", "-", *END, "all", "y")
    ended = run(
        typed(*lines), "plan", "--new", "--after", foreign.folder, "--online-key", "online-key.json", "over.toml"
    )
    assert ended.status == 0
    judged = run(desk_with(), "plan", "--check", "over.toml", "--after", foreign.folder)
    for text in (ended.out, judged.out):
        assert "Nobody vouches for the first root in that folder" in " ".join(text.split())


def test_a_root_is_pinned_for_a_repository_alone(foreign: ForeignRepository) -> None:
    """A plan that follows nothing has no use for one."""
    ended = run(typed(), "plan", "--new", "--pinned", foreign.first_root)
    assert ended.status == 2
    assert "--after FOLDER" in ended.plain_out


@pytest.mark.parametrize("verb", [("sit",), ("enrol", "--keyholder", "ann")], ids=["sit", "enrol"])
def test_a_pinned_root_alone_begins_nothing(foreign: ForeignRepository, verb: tuple[str, ...]) -> None:
    """It says where trust begins in a folder, and is none."""
    planned(foreign, *BEGIN, "-", "ann", "-", "bob", "-", "cyd", "-", *END, "all")
    ended = run(desk_with(), *verb, "over.toml", "--pinned", foreign.first_root)
    assert ended.status == 2
    assert "--trusted" in ended.plain_out


@pytest.mark.parametrize("verb", [("sit",), ("enrol", "--keyholder", "ann")], ids=["sit", "enrol"])
def test_a_folder_that_another_root_is_pinned_for_begins_nothing(
    foreign: ForeignRepository, verb: tuple[str, ...]
) -> None:
    """Before anybody is asked anything."""
    planned(foreign, *BEGIN, "-", "ann", "-", "bob", "-", "cyd", "-", *END, "all")
    other = foreign_repository(Path("other"), NOW)
    beside = ("--trusted", foreign.folder, "--pinned", other.first_root)
    ended = run(typed(), *verb, "over.toml", *beside)
    assert ended.status == 3
    assert "TRUSTED-FORK" in ended.err
