"""`ceremony plan`: a plan made by answers, or judged."""

from pathlib import Path

import pytest
from fakes.people import online_key
from fakes.people import plan as people_plan
from fakes.plain_desk import desk_with, run, typed
from fakes.rooms import NOW

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.core.plan import Keyholder, instant_text, parse_plan, write_plan

ENTERS = 23
"""Questions of a plan for five keyholders: five before the people, two for each, eight after."""


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The online signer's file."""
    file = tmp_path / "online-key.json"
    file.write_bytes(encode_online_key(OnlineKeyFile("packages.example.org", online_key())))
    return file


def test_enter_all_the_way_gives_a_sensible_plan(tmp_path: Path, key_file: Path) -> None:
    """Three of five, a year, the most bins; only the last question rests on No."""
    ended = run(typed(*[""] * ENTERS, "y"), "plan", "--new", "--online-key", key_file, "first.toml")
    assert ended.status == 0
    plan = parse_plan((tmp_path / "first.toml").read_bytes(), "first.toml")
    assert (plan.repository, plan.is_rehearsal) == ("packages.example.org", False)
    assert (len(plan.keyholders), plan.thresholds["root"], plan.bins.count) == (5, 3, 16_384)
    assert (plan.expires["root"] - plan.window.closes).days == 365
    assert "16384 bins" in ended.out
    assert run(desk_with(), "plan", "--check", "first.toml").status == 0


def test_every_answer_ends_in_the_plan(tmp_path: Path, key_file: Path) -> None:
    """What was typed is what is written."""
    people = ["ann", "A1", "bob", "-", "cyd", ""]
    first = [key_file, "root-2030", "yes", "2030-03-01T09:00:00Z", "2030-03-02T09:00:00Z", "3"]
    last = ["2", "100", "-", "64", "explicit", "100", "50", "12", "y"]
    ended = run(typed(*map(str, first), *people, *last), "plan", "--new")
    assert ended.status == 0
    plan = parse_plan((tmp_path / "plan.toml").read_bytes(), "plan.toml")
    assert (plan.id, plan.is_rehearsal) == ("root-2030", True)
    assert [(each.name, each.device) for each in plan.keyholders] == [("ann", "A1"), ("bob", ""), ("cyd", "")]
    assert instant_text(plan.window.closes) == "2030-03-02T09:00:00Z"
    assert instant_text(plan.expires["bins"]) == "2030-06-10T09:00:00Z"
    assert (plan.thresholds["targets"], plan.bins.count, plan.bins.style) == (2, 64, "explicit")
    assert [int(each.total_seconds()) // 3600 for each in plan.lifetimes.values()] == [100, 50, 12]


@pytest.mark.parametrize(
    ("place", "wrong", "words"),
    [
        (0, "Not A Name", "small letters"),
        (1, "perhaps", "yes or no"),
        (2, "tomorrow", "2027-01-31T12:00:00Z"),
        (3, "2099-01-01T00:00:00Z", "WINDOW-ORDER"),
        (4, "1", "2 to 50"),
        (7, "keyholder 1", "nobody else"),
        (15, "1", "THRESHOLD-FLOOR"),
        (16, "9999", "OFFLINE-LIFETIME"),
        (17, "root", "names of their own"),
        (17, "snap, snap", "each name once"),
        (18, "100", "BINS-COUNT"),
        (19, "round", "succinct or explicit"),
        (22, "2000", "ONLINE-LIFETIME"),
    ],
)
def test_a_wrong_answer_is_asked_again_at_once(key_file: Path, place: int, wrong: str, words: str) -> None:
    """Each field and each rule is checked as soon as it is typed."""
    lines = [""] * place + [wrong] + [""] * (ENTERS - place) + ["y"]
    ended = run(typed(*lines), "plan", "--new", "--online-key", key_file)
    assert ended.status == 0
    assert words in ended.out


def test_there_is_a_way_back_and_an_explanation(tmp_path: Path, key_file: Path) -> None:
    """With b the question before comes once more; before the first one there is none."""
    lines = ["b", "?", "first-name", "b", "second-name", *[""] * (ENTERS - 1), "y"]
    ended = run(typed(*lines), "plan", "--new", "--online-key", key_file)
    assert "every proof of possession" in ended.out.replace("\n", " ")
    assert parse_plan((tmp_path / "plan.toml").read_bytes(), "plan.toml").id == "second-name"


@pytest.mark.parametrize("last", ["", "n", "q", EOFError, KeyboardInterrupt])
def test_enter_at_the_end_writes_nothing(tmp_path: Path, key_file: Path, last: str | type[BaseException]) -> None:
    """The last question rests on No."""
    ended = run(typed(*[""] * ENTERS, last), "plan", "--new", "--online-key", key_file)
    assert ended.status == 5
    assert not (tmp_path / "plan.toml").exists()


def test_a_plan_is_never_written_over(tmp_path: Path, key_file: Path) -> None:
    """What exists is left as it is."""
    (tmp_path / "plan.toml").write_bytes(b"mine")
    assert run(typed(*[""] * ENTERS, "y"), "plan", "--new", "--online-key", key_file).status == 7
    assert (tmp_path / "plan.toml").read_bytes() == b"mine"


def test_without_a_terminal_nothing_is_asked(key_file: Path) -> None:
    """A pipe makes no plan."""
    assert run(desk_with(), "plan", "--new", "--online-key", key_file).status == 9


def test_a_foreign_key_file_is_refused(tmp_path: Path) -> None:
    """The proof of possession has to verify."""
    wrong = OnlineKeyFile("other.example.org", online_key())
    (tmp_path / "key.json").write_bytes(encode_online_key(wrong))
    assert run(typed(), "plan", "--new", "--online-key", "key.json").status == 4


@pytest.mark.parametrize("arguments", [[], ["--new", "--check"]])
def test_one_of_new_and_check_is_needed(arguments: list[str]) -> None:
    """The verb does not guess."""
    assert run(typed(), "plan", *arguments).status == 2


def test_every_unreadable_field_is_named_with_its_line(tmp_path: Path) -> None:
    """All of them, at once."""
    text = (
        write_plan(people_plan()).replace("count = 16", 'count = "many"').replace("rehearsal = true", "rehearsal = 1")
    )
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    ended = run(desk_with(), "plan", "--check", "plan.toml")
    assert ended.status == 2
    assert "plan.toml:5: rehearsal" in ended.err
    assert "bins.count" in ended.err


def test_every_refusal_is_listed(tmp_path: Path) -> None:
    """A plan is repaired once, not rule by rule."""
    thresholds = {"root": 1, "targets": 2, "bins": 5}
    (tmp_path / "plan.toml").write_text(write_plan(people_plan(thresholds=thresholds)), encoding="utf-8")
    ended = run(desk_with(), "plan", "--check", "plan.toml")
    assert ended.status == 3
    assert "THRESHOLD-FLOOR" in ended.err
    assert "THRESHOLD-REACHABLE" in ended.err


def test_cautions_are_told_of_a_good_plan(tmp_path: Path) -> None:
    """What is allowed may still deserve a second thought."""
    thresholds = dict.fromkeys(("root", "targets", "bins"), 3)
    (tmp_path / "plan.toml").write_text(write_plan(people_plan(thresholds=thresholds)), encoding="utf-8")
    ended = run(desk_with(), "plan", "--check", "plan.toml")
    assert ended.status == 0
    assert "everybody has to sign" in ended.out
    assert "This is a rehearsal" in ended.out


def test_a_plan_with_nothing_to_think_about_is_just_good(tmp_path: Path) -> None:
    """Spare keys, one role for each device, every serial named."""
    roles = ("root", "root", "root", "targets", "targets", "targets", "bins", "bins", "bins")
    holders = tuple(Keyholder(f"keyholder {n}", (role,), device=f"A{n}") for n, role in enumerate(roles))
    text = write_plan(people_plan(keyholders=holders, is_rehearsal=False))
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    ended = run(desk_with(), "plan", "--check", "plan.toml")
    assert (ended.status, ended.out) == (0, "plan.toml keeps every rule for plans.\n")


def test_a_plan_that_is_not_there_is_said_to_be_missing() -> None:
    """ENOENT in words."""
    ended = run(desk_with(), "plan", "--check", "absent.toml")
    assert ended.status == 7
    assert "no such file" in ended.err


def test_the_window_begins_with_the_hour(tmp_path: Path, key_file: Path) -> None:
    """The default window contains this moment."""
    run(typed(*[""] * ENTERS, "y"), "plan", "--new", "--online-key", key_file)
    window = parse_plan((tmp_path / "plan.toml").read_bytes(), "plan.toml").window
    assert window.opens <= NOW <= window.closes
