"""`ceremony plan --after`: a plan that follows a ceremony that was held, made by answers, or judged."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.people import plan as people_plan
from fakes.plain_desk import Ended, desk_with, run, settings_file, typed
from fakes.rooms import NOW, Desk

from ceremony.core.plan import Bins, Plan, TrustedRoot, instant_text, parse_plan, write_plan
from ceremony.core.plan_after import plan_after, with_new_device
from ceremony.engine.bundle import Bundle, open_bundle, pack
from ceremony.engine.own import after

BEFORE_PEOPLE = ("rotation", "next", "", "")
"""Kind and name; both ends of the window stay."""
THRESHOLDS = ("", "", "")
AS_IT_IS = ("-", "-", *THRESHOLDS, "-", "-")
"""Nobody comes, nobody gets another device, as many sign as before, nobody leaves, the online key stays."""


def planned(first: Desk, *lines: str) -> Plan:
    """The plan that these answers make, and that is judged to be good afterwards."""
    ended = run(typed(*lines, "y"), "plan", "--new", "--after", first.release, "next.toml")
    assert ended.status == 0, ended.out + ended.err
    judged = run(desk_with(), "plan", "--check", "next.toml", "--after", first.release)
    assert judged.status == 0, judged.err
    return parse_plan(Path("next.toml").read_bytes(), "next.toml")


def answered(first: Desk, *lines: str | type[BaseException]) -> Ended:
    """How the conversation ended."""
    return run(typed(*lines), "plan", "--new", "--after", first.release)


def kept(first: Desk, kind: str = "rotation", **changes: object) -> Plan:
    """The plan that keeps everything of that release, and signs root; `changes` are fields of it."""
    bundle = open_bundle(first.release)
    closes = bundle.plan.window.closes
    found = plan_after(
        after(bundle),
        bundle.plan,
        kind,
        name=f"the-{kind}",
        window=bundle.plan.window,
        expires={"root": closes + timedelta(days=100)},
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # a test names the fields it changes


def judged(found: Plan, release: Path) -> Ended:
    """What is said of this plan beside that release."""
    Path("judged.toml").write_text(write_plan(found), encoding="utf-8")
    return run(desk_with(), "plan", "--check", "judged.toml", "--after", release)


# ---- a rotation


def test_enter_all_the_way_keeps_everything_and_signs_root(first: Desk) -> None:
    """Every keyholder keeps the key, and nothing but root gets a new version."""
    found = planned(first, *[""] * 13)
    before = after(open_bundle(first.release))
    assert [(each.name, each.keyid) for each in found.keyholders] == [
        (each.keyholder, each.keyid) for each in before.roster.enrolments
    ]
    assert (found.kind, found.is_rehearsal, [*found.expires]) == ("rotation", True, ["root"])
    assert found.id == f"rehearsal-example-{NOW:%Y-%m}-rotation"
    assert (found.expires["root"] - found.window.closes).days == 365
    assert found.trusted is not None
    assert found.trusted.version == 1


def test_what_it_follows_is_shown_before_anything_is_asked(first: Desk) -> None:
    """With the end of every role; and what comes next is told at the end."""
    ended = run(typed(*[""] * 13, "y"), "plan", "--new", "--after", first.release)
    text = " ".join(ended.out.split())
    last = open_bundle(first.release).plan
    assert f"This follows {last.id} of rehearsal.example." in text
    assert f"bins 1 ends on {instant_text(last.expires['bins'])}" in text
    assert "ceremony plan --check plan.toml --after" in text
    assert "ceremony sit plan.toml --trusted" in text


def test_a_device_is_replaced(first: Desk) -> None:
    """The key is enrolled anew, and every role that says so is signed."""
    found = planned(first, *BEFORE_PEOPLE, "-", "cyd", "practice-9", *THRESHOLDS, "-", "-", "", "200", "100")
    ann, bob, cyd = found.keyholders
    assert (bool(ann.keyid), bool(bob.keyid), cyd.keyid, cyd.device) == (True, True, "", "practice-9")
    assert {role: (end - found.window.closes).days for role, end in found.expires.items()} == {
        "root": 200,
        "targets": 100,
    }


def test_a_device_may_be_left_open(first: Desk) -> None:
    """Whichever is enrolled is the one."""
    found = planned(first, *BEFORE_PEOPLE, "", "bob, cyd", "-", "", *THRESHOLDS, "", "", *[""] * 4)
    assert [(each.name, each.device, bool(each.keyid)) for each in found.keyholders] == [
        ("ann", "", True),
        ("bob", "", False),
        ("cyd", "", False),
    ]
    assert [*found.expires] == ["root", "targets", "bins"], "one of three signatures is left under bins"


def test_somebody_comes_and_somebody_leaves(first: Desk) -> None:
    """Each newcomer is asked for roles and device; the number of signatures is asked for each role."""
    come = ("day, eon", "root", "A7", "targets, bins", "-")
    found = planned(first, *BEFORE_PEOPLE, *come, "-", "3", "2", "3", "cyd", "", *[""] * 4)
    assert [(each.name, each.roles, each.device) for each in found.keyholders][2:] == [
        ("day", ("root",), "A7"),
        ("eon", ("targets", "bins"), ""),
    ]
    assert dict(found.thresholds) == {"root": 3, "targets": 2, "bins": 3}
    assert [*found.expires] == ["root", "targets", "bins"]


def test_more_roles_can_be_signed_than_have_to_be(first: Desk) -> None:
    """People are together anyway."""
    found = planned(first, *BEFORE_PEOPLE, *AS_IT_IS, "bins root", "300", "300")
    assert {(end - found.window.closes).days for end in found.expires.values()} == {300}
    assert [*found.expires] == ["root", "bins"]


def test_another_time_moves_every_end(first: Desk) -> None:
    """Days are counted from the end of the window."""
    found = planned(first, "", "next", "2030-03-01T09:00:00Z", "2030-03-02T09:00:00Z", *AS_IT_IS, "", "")
    assert instant_text(found.window.closes) == "2030-03-02T09:00:00Z"
    assert instant_text(found.expires["root"]) == "2031-03-02T09:00:00Z"


def test_what_changes_is_told_before_anybody_agrees(first: Desk) -> None:
    """And again when the plan is judged."""
    lines = (*BEFORE_PEOPLE, "day", "root, bins", "-", "cyd", "practice-9", "3", "2", "2", "bob", "", *[""] * 4)
    ended = answered(first, *lines, "y")
    told = " ".join(ended.out.split())
    judged_again = " ".join(run(desk_with(), "plan", "--check", "plan.toml", "--after", first.release).out.split())
    for text in (told, judged_again):
        assert "- day comes, and signs root and bins. - cyd gets another device: practice-3 signs nothing after" in text
        assert "- bob leaves: practice-2 signs nothing after this. - root needs 3 signatures; before, 2." in text
        assert "- Signed anew: root 2 until" in text


def test_a_rotation_that_changes_nothing_is_told_to_be_one(first: Desk) -> None:
    """It is allowed, and a refresh would be agreed to more quickly."""
    assert "a refresh would do" in answered(first, *[""] * 13, "y").out
    assert "a refresh would do" not in answered(first, "refresh", *[""] * 7, "n").out


# ---- a refresh


def test_a_refresh_asks_nothing_about_people(first: Desk) -> None:
    """Kind, name, window, roles, and a number of days for each; all three end at once, so all are suggested."""
    found = planned(first, "refresh", "next", "", "", "", "100", "101", "102")
    assert {role: (end - found.window.closes).days for role, end in found.expires.items()} == {
        "root": 100,
        "targets": 101,
        "bins": 102,
    }
    assert all(each.keyid for each in found.keyholders)


def test_a_refresh_of_fewer_roles(first: Desk) -> None:
    """What is not named stays as it is."""
    assert [*planned(first, "refresh", "next", "", "", "targets", "").expires] == ["targets"]


def test_another_kind_begins_the_questions_anew(first: Desk) -> None:
    """What was said of people is gone: it has no place in a refresh."""
    back = ("b",) * 5
    found = planned(first, *BEFORE_PEOPLE, "-", "cyd", *back, "b", "refresh", "next", "", "", "root", "")
    assert (found.kind, all(each.keyid for each in found.keyholders)) == ("refresh", True)
    assert run(desk_with(), "plan", "--check", "next.toml").out.count("--after") == 1


def test_the_same_kind_keeps_what_was_said(first: Desk) -> None:
    """Going back to look is no loss."""
    back = ("b",) * 6
    again = ("", "", "", "", "", "", "", *THRESHOLDS, "", "", "", "", "")
    found = planned(first, *BEFORE_PEOPLE, "-", "cyd", *back, *again)
    assert [each.name for each in found.keyholders if not each.keyid] == ["cyd"]


# ---- answers that mean nothing


@pytest.mark.parametrize(
    ("before", "wrong", "words"),
    [
        ((), "initial", "rotation or refresh or delegation"),
        ((), "emergency", "rotation or refresh or delegation"),
        (("rotation",), "rehearsal-{day}", "another name than that of the ceremony before"),
        (("rotation",), "Not A Name", "small letters"),
        (("rotation", "next"), "tomorrow", "2027-01-31T12:00:00Z"),
        (("rotation", "next"), "9999-12-31T00:00:00Z", "before the year 9000"),
        (("rotation", "next", ""), "2099-01-01T00:00:00Z", "WINDOW-ORDER"),
        (BEFORE_PEOPLE, "cyd", "people who were not there before"),
        (BEFORE_PEOPLE, "day, day", "each name once"),
        (BEFORE_PEOPLE, "ANN", "a name that nobody else has"),
        (BEFORE_PEOPLE, "day\u202e", "a name of up to 40 letters"),
        (BEFORE_PEOPLE, "\udcff", "a name of up to 40 letters"),
        ((*BEFORE_PEOPLE, "-"), "day", "some of ann, bob, cyd"),
        ((*BEFORE_PEOPLE, "-", "cyd"), "practice-3", "another device than practice-3"),
        ((*BEFORE_PEOPLE, "-", "-"), "0", "from 1 to 3"),
        ((*BEFORE_PEOPLE, "-", "-"), "4", "from 1 to 3"),
        ((*BEFORE_PEOPLE, "-", "-"), "1", "THRESHOLD-FLOOR"),
        ((*BEFORE_PEOPLE, "-", "-", *THRESHOLDS), "day", "some of ann, bob, cyd"),
        ((*BEFORE_PEOPLE, "-", "-", *THRESHOLDS), "bob, cyd", "THRESHOLD-REACHABLE"),
        ((*BEFORE_PEOPLE, *AS_IT_IS), "timestamp", "one or more of root, targets, bins"),
        ((*BEFORE_PEOPLE, *AS_IT_IS), "-", "one or more of root, targets, bins"),
        ((*BEFORE_PEOPLE, *AS_IT_IS, ""), "1000", "OFFLINE-LIFETIME"),
        ((*BEFORE_PEOPLE, *AS_IT_IS, ""), "a year", "from 1 to 10000"),
    ],
)
def test_a_wrong_answer_is_asked_again_at_once(first: Desk, before: tuple[str, ...], wrong: str, words: str) -> None:
    """And nothing is written until somebody has said yes."""
    ended = answered(first, *before, wrong.format(day=f"{NOW:%Y-%m-%d}"), "q")
    assert ended.status == 5
    assert words in " ".join(ended.out.split())
    assert not Path("plan.toml").exists()


def test_newcomers_are_asked_for_roles_that_there_are(first: Desk) -> None:
    """Keyholders sign offline roles alone."""
    ended = answered(first, *BEFORE_PEOPLE, "day", "snapshot", "q")
    assert "one or more of root, targets, bins" in ended.out


def test_a_role_that_has_to_be_signed_cannot_be_left_out(first: Desk) -> None:
    """The rule says which, and what to do."""
    ended = answered(first, *BEFORE_PEOPLE, "-", "cyd", "", *THRESHOLDS, "-", "-", "root", "q")
    assert ended.status == 5
    assert "CHANGE-SIGNED: found targets as it stands" in " ".join(ended.out.split())


def test_whoever_leaves_can_stay_after_all(first: Desk) -> None:
    """In the old place, with the old key."""
    lines = (*BEFORE_PEOPLE, "-", "-", *THRESHOLDS, "bob", "b", "-", "", "", "")
    found = planned(first, *lines)
    assert [each.name for each in found.keyholders] == ["ann", "bob", "cyd"]
    assert [*found.expires] == ["root"]


def test_every_question_explains_itself(first: Desk) -> None:
    """With a question mark, at each of them."""
    lines = (*("?", "rotation", "?", "next", "?", "", "?", ""), *("?", "day", "?", "root", "?", "-"))
    lines += ("?", "cyd", "?", "-", *("?", "") * 3, "?", "-", "?", "-", "?", "", *("?", "") * 2)
    ended = answered(first, *lines, "n")
    assert ended.status == 5
    text = " ".join(ended.out.split())
    for words in (
        "changes dates alone",
        "Fewer signatures than this",
        "signs nothing after that",
        "sign nothing any more",
    ):
        assert words in text


# ---- a policy that is stricter now


def test_what_a_stricter_policy_asks_for_is_asked_for_once_more_at_the_end(first: Desk, tmp_path: Path) -> None:
    """Ends of a year were allowed; the question about days comes after those about people, and is not in their way."""
    settings = settings_file(tmp_path, "[policy]\noffline_lifetime_days = 100\n")
    lines = (*[""] * 12, "", *[""] * 11, "root", "99", "y")
    ended = run(typed(*lines), "--settings", settings, "plan", "--new", "--after", first.release)
    assert ended.status == 0, ended.out
    assert "OFFLINE-LIFETIME" in ended.out
    found = parse_plan(Path("plan.toml").read_bytes(), "plan.toml")
    assert (found.expires["root"] - found.window.closes).days == 99


# ---- what it follows


def test_a_bundle_that_is_no_release_is_followed_by_nothing(first: Desk) -> None:
    """Signatures may be missing from it."""
    ended = run(typed(), "plan", "--new", "--after", first.bundle)
    assert ended.status == 3
    assert "TRUSTED-RELEASE" in ended.err


def test_a_folder_that_is_no_bundle_is_followed_by_nothing(tmp_path: Path) -> None:
    """Nor one that is not there."""
    assert run(typed(), "plan", "--new", "--after", tmp_path).status == 4
    assert run(typed(), "plan", "--new", "--after", tmp_path / "absent").status == 7


def test_a_changed_release_is_followed_by_nothing(first: Desk, tmp_path: Path) -> None:
    """One byte is enough."""
    copy = tmp_path / "copy"
    shutil.copytree(first.release, copy)
    (copy / "roster.json").write_bytes((copy / "roster.json").read_bytes().replace(b"bob", b"eon"))
    assert run(typed(), "plan", "--new", "--after", copy).status == 4


def test_a_release_without_its_signatures_is_followed_by_nothing(first: Desk, tmp_path: Path) -> None:
    """Whole as a bundle, and sealed by nobody."""
    bundle = open_bundle(first.release)
    bare = tuple(replace(each, signatures={}) for each in bundle.files)
    pack(replace(bundle, files=bare, minutes=b""), tmp_path / "bare")
    ended = run(typed(), "plan", "--new", "--after", tmp_path / "bare")
    assert ended.status == 3
    assert "TRUSTED-PINNED" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--new", "--after", "x", "--online-key", "y"),
        ("--check", "--online-key", "y"),
        ("--after", "x"),
    ],
)
def test_options_that_contradict_one_another_are_refused(arguments: tuple[str, ...]) -> None:
    """Nothing is guessed."""
    assert run(typed(), "plan", *arguments).status == 2


def test_without_a_terminal_nothing_is_asked(first: Desk) -> None:
    """A pipe makes no plan."""
    assert run(desk_with(), "plan", "--new", "--after", first.release).status == 9


# ---- judging


def test_a_plan_that_follows_is_good_beside_its_release_alone(first: Desk) -> None:
    """Without the release nobody can tell, and that is said."""
    ended = judged(kept(first), first.release)
    assert ended.status == 0
    assert "keeps every rule for plans, also beside" in ended.out
    assert "Not judged beside what it follows" not in ended.out
    alone = run(desk_with(), "plan", "--check", "judged.toml")
    assert alone.status == 0
    assert "Not judged beside what it follows: name the release" in alone.out


def test_nobody_is_warned_of_a_device_that_is_known_by_its_key(first: Desk) -> None:
    """Whoever keeps a key signs with one device and no other."""
    assert "have no serial" not in judged(kept(first), first.release).out
    assert "have no serial" in judged(with_new_device(kept(first), "cyd"), first.release).out


def test_every_rule_beside_the_release_is_listed(first: Desk) -> None:
    """A plan is repaired once."""
    wrong = kept(first, repository="packages.example.org", trusted=TrustedRoot(1, "5" * 64), bins=Bins(32, "succinct"))
    proved = replace(wrong, online_key=people_plan().online_key)
    ended = judged(proved, first.release)
    assert ended.status == 3
    for rule in ("TRUSTED-ROOT", "REPOSITORY-SAME", "CHANGE-SIGNED"):
        assert f"Refused by the rule {rule}" in ended.err


def test_a_plan_that_breaks_its_own_rules_is_not_compared_with_anything(first: Desk) -> None:
    """What follows from a mistake is no mistake of its own."""
    ended = judged(kept(first, thresholds={"root": 9, "targets": 1, "bins": 2}), first.release)
    assert ended.status == 3
    assert "THRESHOLD-REACHABLE" in ended.err
    assert "CHANGE-SIGNED" not in ended.err


def test_a_refresh_that_changes_more_is_refused(first: Desk) -> None:
    """With advice."""
    ended = judged(with_new_device(kept(first, "refresh"), "cyd"), first.release)
    assert ended.status == 3
    assert "REFRESH-ONLY" in ended.err
    assert 'kind = "rotation"' in ended.err


def test_a_first_plan_follows_nothing(first: Desk) -> None:
    """Not even its own release."""
    ended = judged(open_bundle(first.release).plan, first.release)
    assert ended.status == 3
    assert "TRUSTED-ROOT" in ended.err


def test_a_plan_that_was_made_for_an_enrolment_folder_is_not_compared_with_it(first: Desk, tmp_path: Path) -> None:
    """Only a release stands for what is trusted."""
    plan = open_bundle(first.release).plan
    pack(Bundle("enrolment", plan, write_plan(plan).encode()), tmp_path / "enrolment")
    ended = judged(kept(first), tmp_path / "enrolment")
    assert ended.status == 3
    assert "TRUSTED-RELEASE" in ended.err
