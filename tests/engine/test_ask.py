"""The pages that the whole room answers say what to do, what to expect and why."""

from pathlib import Path

import pytest
from fakes.people import NOW, plan, reviewed

from ceremony.core.machine_rules import Machine
from ceremony.engine import ask
from ceremony.engine import questions as q
from ceremony.errors import RefusedError, StorageError

TROUBLE = RefusedError("WORDS-TYPED", "'adult'", "two words")


def pages() -> list[q.Question[object]]:
    """One of each."""
    return [
        ask.clock("check", NOW, Machine()),
        ask.roll_call("roll", plan(), ()),
        ask.review_page("review", reviewed(), 3, TROUBLE),
        ask.place("export", plan(), StorageError("/media/stick", "ENOSPC")),
    ]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.title)
def test_a_page_has_an_action_an_expectation_and_an_explanation(page: q.Question[object]) -> None:
    """Each is a sentence."""
    for text in (page.action, page.expect, page.explain):
        assert text[0].isupper()
        assert text.endswith(".")


def test_the_clock_is_shown_to_the_minute_in_utc() -> None:
    """And there is no page before it."""
    page = ask.clock("check", NOW, Machine())

    assert "2030-03-01 12:00 UTC" in page.expect
    assert not page.can_go_back


def test_a_quiet_machine_needs_no_word() -> None:
    """Only what a real ceremony would refuse is named."""
    assert "refused" not in ask.clock("check", NOW, Machine()).explain
    loud = ask.clock("check", NOW, Machine(("eth0", "wlan0"), ("/dev/sda2",))).explain
    assert all(name in loud for name in ("eth0", "wlan0", "/dev/sda2"))


def test_the_roll_call_says_who_signs_what() -> None:
    """Everybody in the plan, in its order."""
    assert ask.roll_call("roll", plan(), ()).names == tuple(
        (name, "signs root, targets, bins") for name in ("ann", "bob", "cyd")
    )


def test_the_review_asks_for_two_words_and_carries_the_trouble() -> None:
    """The words that are asked for are those that are named."""
    page = ask.review_page("review", reviewed(), 3, TROUBLE)

    assert "words 3 and 4" in page.action
    assert page.place == 3
    assert page.trouble is TROUBLE


def test_the_export_suggests_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only stick, where there is one; and it carries the trouble of the last try."""
    (tmp_path / "first-root-release").mkdir()
    monkeypatch.setattr(ask, "writable_places", lambda: (tmp_path,))
    trouble = StorageError("/media/stick", "ENOSPC")

    page = ask.place("export", plan(), trouble)

    assert page.places == (tmp_path,)
    assert page.suggested == tmp_path / "first-root-release-2"
    assert page.trouble is trouble


def test_the_room_types_words_that_few_keyholders_share() -> None:
    """The pair of the room is the last one, those of the keyholders begin at the first."""
    assert reviewed().fingerprint.pair(ask.ROOM_PAIR)[0] == 31
