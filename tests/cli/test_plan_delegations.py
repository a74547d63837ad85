"""`ceremony plan`: delegations before bins, projects that enter them, other bins and another online key, by answers."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.people import online_key
from fakes.plain_desk import Ended, desk_with, run, typed
from fakes.projects import project
from fakes.rooms import Desk

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.core.plan import Bins, Delegation, Keyholder, Plan, parse_plan, write_plan
from ceremony.core.project_changes import keys_in_words
from ceremony.core.projects import Project, encode_claims
from ceremony.engine.bundle import open_bundle
from ceremony.engine.opening import Agenda
from ceremony.engine.own import after
from ceremony.engine.practice import REPOSITORY, practice_delegation
from ceremony.engine.sitting import sit

BEFORE = ("delegation", "next", "", "")
"""Kind and name; both ends of the window stay."""
SAME_BINS = ("", "")
NEW_KEY = OnlineKeyFile(REPOSITORY, online_key(REPOSITORY, name="online again"))


@pytest.fixture(scope="module")
def second(first: Desk) -> Path:
    """The release of a second ceremony, after which clients ask claimed and recently-claimed before bins. Read only."""
    bundle = open_bundle(first.release)
    plan = practice_delegation(after(bundle), bundle.plan)
    folder = first.folder / "second"
    text = write_plan(plan).encode()
    found = replace(first.agenda(), plan_text=text, folder=folder, trusted=first.release, export=folder / "release")
    folder.mkdir()
    found = replace(found, folder=folder / "bundle")
    assert isinstance(found, Agenda)
    return sit(first.room, found).release


def batch_file(*projects: Project, name: str = "batch.json") -> Path:
    """A batch of these projects, in a file."""
    Path(name).write_bytes(encode_claims(REPOSITORY, projects))
    return Path(name)


def ours(name: str = "demo", *owners: str, **changes: object) -> Project:
    """A project of this repository."""
    return project(name, *owners, repository=REPOSITORY, **changes)


def planned(release: Path, *lines: str, options: tuple[str | Path, ...] = (), claims: Path | None = None) -> Plan:
    """The plan that these answers make, and that is judged to be good afterwards."""
    ended = run(typed(*lines, "y"), "plan", "--new", "--after", release, *options, "next.toml")
    assert ended.status == 0, ended.out + ended.err
    also = ("--claims", claims) if claims else ()
    judged = run(desk_with(), "plan", "--check", "next.toml", "--after", release, *also)
    assert judged.status == 0, judged.err
    return parse_plan(Path("next.toml").read_bytes(), "next.toml")


def answered(release: Path, *lines: str, options: tuple[str | Path, ...] = ()) -> Ended:
    """How the conversation ended."""
    return run(typed(*lines), "plan", "--new", "--after", release, *options, "next.toml")


# ---- delegations


def test_delegations_are_added_by_their_names(first: Desk) -> None:
    """Whoever signs bins signs them; targets says so, and nothing else is signed."""
    lines = (*BEFORE, "claimed, recently-claimed", *[""] * 4, *[""] * 3, *SAME_BINS, "", "", "")
    found = planned(first.release, *lines)
    assert found.delegations == (Delegation("claimed"), Delegation("recently-claimed", is_online=True))
    assert (found.kind, [*found.expires], found.thresholds["claimed"]) == ("delegation", ["targets", "claimed"], 2)
    assert [each.name for each in found.holders_of("claimed")] == ["ann", "bob", "cyd"]
    assert all(each.keyid for each in found.keyholders)


def test_paths_signers_and_threshold_are_asked_for(first: Desk) -> None:
    """Somebody new comes with a device; whoever signs something else stays."""
    about = ("docs/* man/*", "yes", "ann, day, eon", "3")
    found = planned(first.release, *BEFORE, "docs", *about, "A7", "-", *SAME_BINS, "", "100", "200")
    assert found.delegations == (Delegation("docs", ("docs/*", "man/*"), is_terminating=True),)
    assert found.keyholders[-2:] == (Keyholder("day", ("docs",), device="A7"), Keyholder("eon", ("docs",)))
    assert [each.name for each in found.holders_of("docs")] == ["ann", "day", "eon"]
    assert found.thresholds["docs"] == 3
    assert {role: (end - found.window.closes).days for role, end in found.expires.items()} == {
        "targets": 100,
        "docs": 200,
    }


def test_a_delegation_may_be_signed_online(first: Desk) -> None:
    """Then no keyholder is asked about."""
    found = planned(first.release, *BEFORE, "docs", "docs/*", "no", "online", *SAME_BINS, "", "")
    assert found.delegations == (Delegation("docs", ("docs/*",), is_online=True),)
    assert [*found.expires] == ["targets"]


def test_delegations_are_reordered_and_removed(second: Path) -> None:
    """The one that stays is asked about; what changes is told as the review will."""
    found = planned(second, *BEFORE, "docs, claimed, recently-claimed", *[""] * 11, *SAME_BINS, "", "", "")
    assert [each.name for each in found.delegations] == ["docs", "claimed", "recently-claimed"]
    assert [*found.expires] == ["targets", "docs"]
    ended = answered(second, *BEFORE, "recently-claimed", *[""] * 3, *SAME_BINS, "", "", "n")
    assert "! Clients ask claimed no longer: what only it lists" in " ".join(ended.out.split())
    wrong = answered(second, *BEFORE, "recently-claimed, claimed", "q")
    assert "DELEGATION-ORDER" in " ".join(wrong.out.split())


@pytest.mark.parametrize(
    ("before", "wrong", "words"),
    [
        ((), "bins", "names of their own"),
        ((), "Claimed", "names of their own"),
        ((), "docs, docs", "each name once"),
        (("docs",), "/docs", "a pattern such as"),
        (("docs", "-"), "perhaps", "yes or no"),
        (("docs", "-"), "yes", "DELEGATION-SHADOW"),
        (("docs", "-", "no"), "-", "online, or some of ann, bob, cyd"),
        (("docs", "-", "no"), "ann", "THRESHOLD-REACHABLE"),
        (("docs", "-", "no"), "ann, ANN", "a name that nobody else has"),
        (("docs", "-", "no", "ann, bob"), "3", "from 1 to 2"),
        (("docs", "-", "no", "ann, bob"), "1", "THRESHOLD-FLOOR"),
        (("-",), "100", "BINS-COUNT"),
        (("-",), "16", "BINS-KEPT"),
        (("-",), "512", "rotate-key"),
        (("-", "", ""), "root", "DELEGATION-ONLY"),
    ],
)
def test_a_wrong_answer_is_asked_again_at_once(first: Desk, before: tuple[str, ...], wrong: str, words: str) -> None:
    """And nothing is written."""
    ended = answered(first.release, *BEFORE, *before, wrong, "q")
    assert ended.status == 5
    assert words in " ".join(ended.out.split())


def test_every_question_explains_itself(first: Desk) -> None:
    """With a question mark."""
    asked = ("?", "docs", "?", "", "?", "", "?", "ann, day", "?", "", "?", "", "?", "", "?", "")
    text = " ".join(answered(first.release, *BEFORE, *asked, "q").out.split())
    for words in ("PEP 480 has two", "across a slash", "clients ask nobody after it", "with a device of their own"):
        assert words in text


def test_a_delegation_that_changes_nothing_is_told_to_be_one(first: Desk) -> None:
    """A refresh would be agreed to more quickly."""
    ended = answered(first.release, *BEFORE, "-", *SAME_BINS, "", "", "n")
    assert "a refresh would do" in ended.out


# ---- bins, and the online key


def test_the_style_of_the_bins_can_change(first: Desk) -> None:
    """As long as every name stays; bins are signed, and nothing else."""
    found = planned(first.release, *BEFORE, "-", "", "explicit", "", "")
    assert (found.bins, [*found.expires]) == (Bins(256, "explicit"), ["bins"])


def test_any_number_of_bins_comes_with_another_online_key(first: Desk) -> None:
    """The sequence that works: one rotation brings both."""
    Path("online-key-next.json").write_bytes(encode_online_key(NEW_KEY))
    lines = ("rotation", "next", "", "", *("-", "-", "", "", "", "-"), "online-key-next.json", "1024", "", *[""] * 3)
    ended = run(typed(*lines, "y"), "plan", "--new", "--after", first.release, "next.toml")
    assert ended.status == 0, ended.out
    found = parse_plan(Path("next.toml").read_bytes(), "next.toml")
    assert (found.online_key, found.bins) == (NEW_KEY.key, Bins(1024, "succinct"))
    assert [*found.expires] == ["root", "bins"]
    told = " ".join(ended.out.split())
    assert "Targets are spread over 1024 bins (succinct); before, over 256 (succinct)." in told
    assert "The online signer gets another key" in told
    assert run(desk_with(), "plan", "--check", "next.toml", "--after", first.release).status == 0


def test_an_online_key_that_is_none_is_asked_for_again(first: Desk, tmp_path: Path) -> None:
    """One that is not there, one of another repository; the old one can stay after all."""
    other = OnlineKeyFile("other.example.org", online_key("other.example.org"))
    Path("other.json").write_bytes(encode_online_key(other))
    Path("none.json").write_bytes(b"{}")
    Path("next.json").write_bytes(encode_online_key(NEW_KEY))
    people = ("rotation", "next", "", "", "-", "-", "", "", "", "-")
    tries = (
        str(tmp_path / "absent.json"),
        "none.json",
        "a\0b",
        "other.json",
        "~nobody-here/x",
        "next.json",
        "b",
        "",
        "b",
        "-",
    )
    ended = run(typed(*people, *tries, "", "", "y"), "plan", "--new", "--after", first.release, "next.toml")
    assert ended.status == 0, ended.out
    assert "a key for rehearsal.example, and not for other.example.org" in " ".join(ended.out.split())
    assert " ".join(ended.out.split()).count("Wanted: the path of a key file") == 4
    found = parse_plan(Path("next.toml").read_bytes(), "next.toml")
    assert found.online_key == open_bundle(first.release).plan.online_key


# ---- what comes after there are delegations


def test_a_rotation_asks_about_every_role_that_keyholders_sign(second: Path) -> None:
    """Whoever comes may sign a delegation alone; whoever gets another device signs it with that."""
    lines = ("rotation", "next", "", "", "day", "claimed", "-", "cyd", "-", *[""] * 4, "-", "-", "", *[""] * 2)
    found = planned(second, *lines)
    assert [(each.name, each.roles) for each in found.keyholders][2:] == [
        ("cyd", ("root", "targets", "claimed", "bins")),
        ("day", ("claimed",)),
    ]
    assert [*found.expires] == ["root", "targets"]


def test_a_refresh_moves_the_ends_of_delegations_too(second: Path) -> None:
    """They end as everything else does."""
    found = planned(second, "refresh", "next", "", "", "claimed bins", "100", "100")
    assert [*found.expires] == ["claimed", "bins"]


# ---- projects


def test_a_batch_enters_claimed_in_a_routine_ceremony(second: Path) -> None:
    """Nothing is asked but name, time and dates; the batch lies beside the plan, and is found there."""
    file = batch_file(ours("alpha"), ours("demo", "day", "eon", threshold=2))
    found = planned(second, "", "next", "", "", "", "", options=("--claims", file))
    assert found.claims is not None
    assert (found.kind, found.claims.role, [*found.expires]) == ("delegation", "claimed", ["claimed"])
    assert Path("claims.json").read_bytes() == file.read_bytes()
    text = " ".join(run(desk_with(), "plan", "--check", "next.toml", "--after", second).out.split())
    assert "- 2 projects enter claimed: - 1 project with 1 of 1 (ecdsa-sha2-nistp256); it gets files/" in text
    (words,) = keys_in_words((ours("alpha"),))
    assert f"in person: {words} demo: " in text
    assert "keeps every rule for plans" in text


def test_what_deserves_a_second_thought_is_marked_as_in_the_review(second: Path) -> None:
    """When the plan is made, and when it is judged; what is usual has a dash."""
    file = batch_file(ours("alpha"), ours("demo", paths=("files/other/*",)))
    ended = run(
        typed("", "next", "", "", "", "", "y"), "plan", "--new", "--after", second, "--claims", file, "one.toml"
    )
    judged = run(desk_with(), "plan", "--check", "one.toml", "--after", second)
    for said in (" ".join(each.out.split()) for each in (ended, judged)):
        assert "! 1 project with 1 of 1 (ecdsa-sha2-nistp256); it gets files/other/*, and not" in said
        assert "- 2 projects enter claimed:" in said


def test_a_batch_and_its_delegation_may_come_at_once(first: Desk) -> None:
    """Where there is none yet, everything is asked, and what the projects enter where it could be two."""
    file = batch_file(ours("demo"))
    about = [""] * 8
    lines = ("", "next", "", "", "claimed, docs", *about, *SAME_BINS, "docs", "", *[""] * 3)
    found = planned(first.release, *lines, options=("--claims", file), claims=file)
    assert found.claims is not None
    assert (found.claims.role, [*found.expires]) == ("docs", ["targets", "claimed", "docs"])


def test_a_batch_that_breaks_a_rule_is_refused_before_anything_is_asked(second: Path) -> None:
    """With the name of the project."""
    file = batch_file(ours("demo", paths=("demo-*",)))
    ended = answered(second, options=("--claims", file))
    assert ended.status == 3
    assert "PROJECT-REACHED" in ended.err
    Path("foreign.json").write_bytes(encode_claims("other.example.org", (project("demo"),)))
    assert answered(second, options=("--claims", "foreign.json")).status == 4


def test_a_batch_without_a_delegation_for_it_is_asked_about_again(first: Desk) -> None:
    """A plan that says nothing of its projects would be signed without them."""
    file = batch_file(ours("demo"))
    lines = ("", "next", "", "", "-", *SAME_BINS, "", "")
    ended = answered(first.release, *lines, "q", options=("--claims", file))
    assert "CLAIMS-PLANNED: found 1 projects" in " ".join(ended.out.split())


def test_whoever_leaves_was_there(second: Path) -> None:
    """The last complaint is heard when all is answered."""
    ended = answered(second, "", "next", "", "", "", "", "q", options=("--leaving", "demo"))
    assert ended.status == 5
    assert "PROJECT-LEAVES: found demo leaves" in " ".join(ended.out.split())


def test_a_batch_beside_another_plan_is_never_written_over(second: Path) -> None:
    """Nor is a plan written that nobody could hold a ceremony of."""
    Path("claims.json").write_bytes(b"mine")
    ended = answered(second, *("", "next", "", "", "", ""), "y", options=("--claims", batch_file(ours("demo"))))
    assert ended.status == 7
    assert not Path("next.toml").exists()


def test_a_plan_is_judged_with_the_batch_that_it_names(second: Path) -> None:
    """Beside it, or named; another one is refused, and without any nobody can tell."""
    file = batch_file(ours("demo"))
    planned(second, "", "next", "", "", "", "", options=("--claims", file))
    Path("claims.json").unlink()
    ended = run(desk_with(), "plan", "--check", "next.toml", "--after", second)
    assert ended.status == 0
    assert "Not judged with its projects: name their batch with --claims" in " ".join(ended.out.split())
    other = batch_file(ours("other"), name="other.json")
    ended = run(desk_with(), "plan", "--check", "next.toml", "--after", second, "--claims", other)
    assert ended.status == 3
    assert "CLAIMS-PLANNED" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [("--new", "--leaving", "demo"), ("--check", "--leaving", "demo"), ("--new", "--after", "x", "--leaving", "Demo")],
)
def test_options_that_mean_nothing_are_refused(arguments: tuple[str, ...]) -> None:
    """Nothing is guessed."""
    assert run(typed(), "plan", *arguments).status == 2


# ---- a first plan


def test_a_first_plan_may_have_delegations_and_projects(tmp_path: Path) -> None:
    """The people are those of the plan; every role ends, as bins do."""
    repository = "packages.example.org"
    (tmp_path / "key.json").write_bytes(encode_online_key(OnlineKeyFile(repository, online_key())))
    Path("batch.json").write_bytes(encode_claims(repository, (project("demo"),)))
    people = ("first", "yes", "", "", "2", "ann", "", "bob", "", "2", "90")
    about = ("", "", "eon, ann", "ann, bob", "", "", "", "")
    lines = (*people, "claimed, recently-claimed", *about, "64", *[""] * 4)
    ended = run(typed(*lines, "y"), "plan", "--new", "--online-key", "key.json", "--claims", "batch.json", "first.toml")
    assert ended.status == 0, ended.out
    assert "Wanted: online, or some of ann, bob." in ended.out
    assert "- From now on clients ask claimed before recently-claimed" in ended.out
    found = parse_plan(Path("first.toml").read_bytes(), "first.toml")
    assert [*found.expires] == ["root", "targets", "claimed", "bins"]
    assert found.expires["claimed"] == found.expires["bins"]
    assert found.claims is not None
    judged = run(desk_with(), "plan", "--check", "first.toml")
    assert judged.status == 0
    assert "1 project enters claimed" in judged.out
