"""What each widget draws of its one value."""

from dataclasses import replace
from pathlib import Path

from tui import stage

from ceremony.core.transcript import Entry
from ceremony.engine.room import Step
from ceremony.tui.screens.page import typed_path
from ceremony.tui.widgets import ink, masthead, quorum_pane, step_rail, transcript_tail, words_grid


def test_text_from_elsewhere_cannot_steer_the_terminal() -> None:
    """An escape sequence, a line end and a right-to-left mark are all shown as marks."""
    assert ink.clean("a\x1b[2Jb\nc\u202e") == "a�[2Jb�c�"
    assert ink.clean_lines("a\nb\x07") == "a\nb�"


def test_the_quorum_names_who_signed_and_who_is_missing() -> None:
    """By holder's name, with a mark and a word; before the draft, who is enrolled."""
    drawn = quorum_pane.quorum_lines(stage.scene()).plain
    assert "root 2 of 2 ✓ complete" in drawn
    assert " · bob missing" in drawn
    early = stage.scene(standings=(), enrolled=("ann",))
    assert " ✓ ann" in quorum_pane.quorum_lines(early).plain
    assert "bob  not yet" in quorum_pane.quorum_lines(early).plain
    assert "enrolled 1 of 3" in quorum_pane.quorum_strip(early).plain
    done = [replace(each, signed=each.signed + each.missing, missing=()) for each in stage.scene().standings]
    assert "✓ complete" in quorum_pane.quorum_strip(stage.scene(standings=tuple(done))).plain


def test_the_script_says_where_it_stands() -> None:
    """Before it begins there is no current step."""
    assert "has not begun" in step_rail.progress_line((Step("check", "Check"),)).plain
    assert "Step 5 of 8: ann signs" in step_rail.progress_line(stage.scene().steps).plain


def test_a_root_after_a_root_is_counted_twice() -> None:
    """Both counts stand apart; a key that stays counts in both, and it is said of the others where they count."""
    drawn = quorum_pane.quorum_lines(stage.rotation_scene()).plain
    assert "root under root 1: 1 of 2\nroot under root 2: 2 of 2 ✓\n" in drawn
    assert " ✓ ann signed, in both" in drawn
    assert " ✓ cyd signed, root 2" in drawn
    assert " · cyd missing, root 1" in drawn
    assert "targets 1 of 2\n ✓ ann signed\n" in drawn
    strip = quorum_pane.quorum_strip(stage.rotation_scene()).plain
    assert "root under root 1: 1 of 2 · root under root 2: 2 of 2 · targets 1 of 2 · not yet: bob, cyd" in strip


def test_before_the_draft_the_quorum_tells_what_stays() -> None:
    """A role without an end in the plan is not signed; who keeps a key is enrolled from the beginning."""
    early = replace(stage.rotation_scene(), standings=(), enrolled=("ann", "bob"))
    drawn = quorum_pane.quorum_lines(early).plain
    assert "root  0 of 2\n · not drafted yet\n" in drawn
    assert "targets  stays as it is" in drawn
    assert " ✓ ann, keeps the key" in drawn
    assert " · cyd  not yet" in drawn


def test_a_long_step_goes_on_below_itself_and_stays_in_sight() -> None:
    """The rail counts lines, not steps."""
    steps = stage.rotation_scene().steps
    assert "▶ cyd with 10003 signs\n  a last time\n· Seal" in step_rail.rail_lines(steps).plain
    assert step_rail.rail_lines(steps, room=4).plain.splitlines()[:4] == [
        "STEPS",
        "✓ bob signs",
        "✓ cyd signs",
        "▶ cyd with 10003 signs",
    ]


def test_a_long_head_line_is_cut_but_the_clock_stays() -> None:
    """The clock is always whole."""
    line = masthead.head_line(replace(stage.plan(), id="x" * 60), stage.NOW, 60).plain
    assert line.endswith("2030-03-01 12:00:00 UTC ")
    assert "…" in line
    assert len(line) <= 60


def test_an_entry_that_is_too_long_is_cut() -> None:
    """One entry is one line."""
    entry = Entry(stage.NOW, "check", "ann", "note", "x" * 200, "refused")
    assert len(transcript_tail.entry_line(entry, 80).plain) <= 80


def test_words_are_numbered_in_rows_that_fit() -> None:
    """Rows of eight where there is room, of four elsewhere; nothing is cut off the grid when it is empty."""
    words = stage.reviewed().fingerprint.words
    assert len(words_grid.words_grid(words, 116).plain.splitlines()) == 4
    assert len(words_grid.words_grid(words, 76).plain.splitlines()) == 8
    assert ink.bar(1, 0, 4) == "░░░░"


def test_a_path_that_is_typed_may_be_odd(tmp_path: Path) -> None:
    """~ is home; an unknown user's home is taken as it is written."""
    assert typed_path(tmp_path, " a/b ") == tmp_path / "a/b"
    assert typed_path(tmp_path, "/x") == tmp_path / "/x"
    assert typed_path(tmp_path, "~nobody-at-all/x") == tmp_path / "~nobody-at-all/x"
