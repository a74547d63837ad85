"""`ceremony emergency`: what has happened is asked, the playbook is told, and the plan for it is made."""

from pathlib import Path

import pytest
from fakes.people import online_key
from fakes.plain_desk import Ended, desk_with, run, typed
from fakes.rooms import Desk

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.core.plan import Plan, parse_plan, write_plan
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after

REASON = "A bag was found open in the hotel"
NAME_AND_WINDOW = ("", "", "")
DEFAULTS = ("",) * 40
"""More answers than there are questions: Enter keeps what stands there."""


def answered(first: Desk, *lines: str | type[BaseException]) -> Ended:
    """How the conversation ended."""
    return run(typed(*lines), "emergency", "--new", "--after", first.release, "plan.toml")


def made(found: Ended) -> Plan:
    """The plan that stands in the file now."""
    assert found.status == 0, found.out + found.err
    return parse_plan(Path("plan.toml").read_bytes(), "plan.toml")


def next_key(first: Desk) -> Path:
    """The file of the online signer's next key."""
    repository = open_bundle(first.release).plan.repository
    file = Path("online-key-next.json")
    file.write_bytes(encode_online_key(OnlineKeyFile(repository, online_key(repository, "online again"))))
    return file


def test_a_stolen_key_makes_a_plan_without_it(first: Desk) -> None:
    """Enter all the way after that: ann gets another device, and everything that it changes is signed."""
    found = answered(first, REASON, "ann", "-", "safe", *NAME_AND_WINDOW, *[""] * 11, "y")
    plan = made(found)

    before = after(open_bundle(first.release))
    ann = before.roster.of("ann")
    assert ann is not None
    assert plan.incident is not None
    assert (plan.kind, plan.incident.reason, plan.incident.stolen) == ("emergency", REASON, (ann.keyid,))
    assert [bool(each.keyid) for each in plan.keyholders] == [False, True, True]
    assert next(iter(plan.expires)) == "root"
    text = " ".join(found.out.split())
    assert "What to do, in this order 1. online signer: keep the log" in text
    assert "Security notice for rehearsal.example" in text
    assert f"This is an emergency, because: {REASON}." in text
    assert "The playbook again: ceremony emergency plan.toml --after" in text
    judged = run(desk_with(), "plan", "--check", "plan.toml", "--after", first.release)
    assert judged.status == 0, judged.err
    assert f"This is an emergency, because: {REASON}." in " ".join(judged.out.split())


def test_the_playbook_is_shown_again_from_the_plan(first: Desk) -> None:
    """For whoever runs the online signer, and word for word the same."""
    told = answered(first, REASON, "ann", "-", "safe", *NAME_AND_WINDOW, *[""] * 11, "y").out
    again = run(desk_with(), "emergency", "plan.toml", "--after", first.release)

    assert again.status == 0
    assert again.out.strip() in told


def test_an_online_key_that_is_stolen_wants_its_next_one(first: Desk) -> None:
    """Until its file is named the plan is refused; with it root and bins are signed anew."""
    file = next_key(first)
    found = answered(
        first, REASON, "-", "-", "stolen", *NAME_AND_WINDOW, "-", "-", "", "", "", "-", str(file), *[""] * 5, "y"
    )
    plan = made(found)

    assert plan.incident is not None
    assert len(plan.incident.stolen) == 1
    assert plan.online_key == online_key(plan.repository, "online again")
    assert {"root", "bins"} <= {*plan.expires}
    text = " ".join(found.out.split())
    assert "bring HOME/online-key-next.json" in text
    assert "bins 2: 2 of ann, bob and cyd." in text, "before the key is named it is known what has to be signed"


def test_without_the_next_key_it_is_asked_for_once_more(first: Desk) -> None:
    """The rule and what to do about it are told, and the questions begin anew."""
    found = answered(first, REASON, "-", "-", "lost", *[""] * 12, "q")

    assert found.status == 5
    text = " ".join(found.out.split())
    assert "KEY-REVOKED: found key" in text
    assert "`ceremony-online rotate-key` makes the next one" in text
    assert not Path("plan.toml").exists()


def test_where_nothing_was_struck_there_is_no_emergency(first: Desk) -> None:
    """It is said what is missing, and asked again."""
    found = answered(first, REASON, "-", "-", "safe", "q")

    assert found.status == 5
    assert "at least one key" in " ".join(found.out.split())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("too short",), "a reason in 10 to 200 letters"),
        ((REASON, "nobody-here"), "some of ann, bob, cyd"),
        ((REASON, "-", "day"), "some of ann, bob, cyd"),
        ((REASON, "-", "-", "melted"), "safe or stolen or lost"),
        ((REASON, "?"), "A device that was stolen"),
        ((REASON, "b", "?"), "It stands in the plan"),
    ],
)
def test_an_answer_that_means_nothing_is_asked_again(first: Desk, lines: tuple[str, ...], words: str) -> None:
    """With what would be right; a question mark explains, b goes back."""
    found = answered(first, *lines, "q")
    assert found.status == 5
    assert words in " ".join(found.out.split())


def test_where_too_few_keys_are_left_there_is_a_playbook_and_no_plan(first: Desk) -> None:
    """With the status of a rule that said no, and what to do now."""
    found = answered(first, REASON, "-", "ann, bob", "safe")

    assert found.status == 3
    assert "no root can follow it" in " ".join(found.out.split())
    assert "Hold a first one anew" in " ".join(found.err.split())
    assert not Path("plan.toml").exists()


def test_somebody_who_says_no_at_the_end_has_no_plan(first: Desk) -> None:
    """No is the resting answer."""
    assert answered(first, REASON, "ann", "-", "safe", *NAME_AND_WINDOW, *[""] * 11, "").status == 5
    assert not Path("plan.toml").exists()


def test_a_plan_of_another_kind_has_no_playbook(first: Desk) -> None:
    """It is told which field says so."""
    Path("plan.toml").write_text(write_plan(open_bundle(first.release).plan), encoding="utf-8")
    found = run(desk_with(), "emergency", "plan.toml", "--after", first.release)

    assert found.status == 2
    assert "one of kind emergency" in " ".join(found.err.split())


def test_a_plan_that_is_about_another_root_has_no_playbook(first: Desk) -> None:
    """What it says of keys would be about keys that are not these."""
    answered(first, REASON, "ann", "-", "safe", *NAME_AND_WINDOW, *[""] * 11, "y")
    file = Path("plan.toml")
    file.write_text(file.read_text(encoding="utf-8").replace("root = 1\n", "root = 7\n"), encoding="utf-8")
    found = run(desk_with(), "emergency", file, "--after", first.release)

    assert found.status == 3
    assert "TRUSTED-ROOT" in found.err


def test_without_a_plan_something_has_to_be_said(first: Desk) -> None:
    """As by every verb."""
    found = run(desk_with(), "emergency", "--after", first.release)
    assert found.status == 2
    assert "Say --new, or name the plan of an emergency." in found.plain_out
