"""What is told is on record, and saved before it is told."""

import errno
import os
from dataclasses import replace

import pytest
from fakes.people import keyid, reviewed, roster
from fakes.people import plan as people_s_plan
from fakes.rooms import NOW, Desk, later

from ceremony.core.transcript import Entry
from ceremony.engine import questions as q
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.opening import open_record
from ceremony.engine.record import Record
from ceremony.engine.room import Step, Work
from ceremony.errors import CeremonyError, RefusedError, StoppedError, StorageError, TamperedError
from ceremony.explain import explain
from hsm.errors import DeviceAbsentError, DeviceError, WrongPinError


@pytest.fixture(name="record")
def _record(table: Desk) -> Record:
    """A record that has just begun."""
    return open_record(table.room, table.agenda())


def confirm(record: Record) -> q.Confirm:
    """A question of yes or no."""
    return q.Confirm(
        step=record.step, person="ann", title="Lamp", action="Look.", expect="It is green.", explain="Why.", yes="It is"
    )


def test_an_entry_is_saved_before_anybody_is_told(table: Desk, record: Record) -> None:
    """Whoever was told something finds it on the disk."""
    saved: list[bool] = []

    def tell(entry: Entry) -> None:
        saved.append(open_bundle(table.bundle).transcript.entries[-1] == entry)

    table.operator.tell = tell  # type: ignore[method-assign]
    record.note("looked", "Somebody looked.", person="ann", inputs={"lamp": "00"})

    assert saved == [True]


def test_an_entry_that_cannot_be_saved_is_not_told(
    table: Desk, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the record stays as it was."""

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "")

    before = record.bundle
    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(StorageError):
        record.note("looked", "Somebody looked.")

    assert record.bundle is before
    assert [each.action for each in table.operator.entries] == ["began"]


def test_an_entry_has_the_step_the_time_and_what_was_said(table: Desk, record: Record) -> None:
    """At whole seconds, in UTC."""
    record.begin("roll")
    record.note(
        "looked", "Somebody looked.", person="ann", serial="s-1", inputs={"lamp": "00"}, outputs={"light": "11"}
    )

    assert record.bundle.transcript.entries[-1] == Entry(
        NOW, "roll", "ann", "looked", "Somebody looked.", "done", "s-1", {"lamp": "00"}, {"light": "11"}
    )
    assert table.operator.entries[-1] == record.bundle.transcript.entries[-1]


def test_half_a_character_does_not_stop_the_record(table: Desk, record: Record) -> None:
    """A terminal may hand over what no file can hold."""
    record.note("looked", "It said \ud800 and \x1b[2J.")

    assert open_bundle(table.bundle).transcript.entries[-1].note == "It said ? and  [2J."


@pytest.mark.parametrize(
    ("error", "action", "result", "serial"),
    [
        (RefusedError("AIR-GAP", "eth0", "none"), "AIR-GAP", "refused", ""),
        (StoppedError("ann", "roll"), "Stopped", "stopped", ""),
        (DeviceAbsentError("s-1"), "DeviceAbsent", "refused", "s-1"),
        (WrongPinError("s-1", None), "WrongPin", "refused", "s-1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_trouble_is_on_record_in_the_words_that_people_saw(
    record: Record, error: CeremonyError | DeviceError, action: str, result: str, serial: str
) -> None:
    """By its name, with the device it concerns, in one line."""
    record.trouble(error, "ann")

    entry = record.bundle.transcript.entries[-1]
    assert (entry.action, entry.result, entry.serial, entry.person) == (action, result, serial, "ann")
    assert entry.note.startswith(explain(error).title)
    assert "\n" not in entry.note


def test_roster_and_files_are_saved_in_the_same_stroke(table: Desk) -> None:
    """No entry says what the bundle does not hold."""
    found = people_s_plan()
    bundle = Bundle("request", found, table.agenda().plan_text)
    record = Record(table.room, table.bundle, bundle, (Step("only", "Only"),))
    files = reviewed().draft.files

    record.note("drafted", "Drafted.", roster=roster(found), files=files)

    assert record.bundle.files == files
    scene = table.operator.scenes[-1]
    assert scene.enrolled == ("ann", "bob", "cyd")
    assert scene.holders[0] == (keyid("ann"), "ann")
    assert [each.role for each in scene.standings] == ["root", "targets", "bins"]
    assert all(not each.signed for each in scene.standings)


def test_standings_go_when_the_draft_goes(table: Desk) -> None:
    """An enrolment that is withdrawn takes the draft with it."""
    found = people_s_plan()
    bundle = Bundle("request", found, table.agenda().plan_text, roster(found), reviewed().draft.files)
    record = Record(table.room, table.bundle, bundle, (Step("only", "Only"),))
    record.note("looked", "Looked.")
    assert table.operator.scenes[-1].standings

    record.note("withdrew", "Withdrawn.", files=())

    assert table.operator.scenes[-1].standings == ()


def test_the_script_shows_where_it_stands(table: Desk, record: Record) -> None:
    """Done before, current here, waiting after; going back makes steps wait again."""
    record.begin("review")
    record.begin("roll")

    states = [step.state for step in table.operator.scenes[-1].steps]
    assert states == ["done", "current", *["waiting"] * (len(states) - 2)]


def test_work_is_shown_until_it_is_over(table: Desk, record: Record) -> None:
    """A front end sees what takes a while."""
    record.work(Work("Signing root", "ann"))
    record.work(None)

    assert [scene.work.what if scene.work else None for scene in table.operator.scenes[-2:]] == ["Signing root", None]


def test_devices_that_were_seen_are_in_the_next_scene(table: Desk, record: Record) -> None:
    """They are drawn beside the question."""
    info = table.room.devices()[0].info
    record.see((info,))
    record.show()

    assert table.operator.scenes[-1].devices == (info,)


def test_every_question_is_counted(table: Desk, record: Record) -> None:
    """Whoever walks back knows whether a step asked anything."""
    record.agree(confirm(record))

    assert record.asked == len(table.operator.asked) == 1


def test_no_is_followed_by_a_note_and_the_question_again(table: Desk, record: Record) -> None:
    """Until somebody agrees; an empty line makes no note."""
    answers = iter([False, False, True])
    notes = iter(["it is red", ""])
    table.operator.answers = {q.Confirm: lambda _question: next(answers), q.Describe: lambda _question: next(notes)}

    record.agree(confirm(record))

    assert [type(each) for each in table.operator.asked] == [q.Confirm, q.Describe, q.Confirm, q.Describe, q.Confirm]
    noted = [each for each in record.bundle.transcript.entries if each.action == "deviation"]
    assert [each.note for each in noted] == ["expected: It is green. Seen: it is red"]
    assert noted[0].person == "ann"


def test_a_deviation_is_described_against_what_was_expected(table: Desk, record: Record) -> None:
    """The page repeats the expectation."""
    record.differ(confirm(record))

    (page,) = table.operator.asked
    assert isinstance(page, q.Describe)
    assert "It is green." in page.expect


def test_time_goes_on_between_entries(table: Desk, record: Record) -> None:
    """Each entry asks the clock."""
    room = replace(table.room, clock=later(minutes=5))
    record = Record(room, table.bundle, record.bundle, (Step("only", "Only"),))
    record.note("looked", "Looked.")

    first, last = (each.time for each in record.bundle.transcript.entries)
    assert (last - first).total_seconds() == 300


def test_a_step_is_inserted_once_and_shown(table: Desk, record: Record) -> None:
    """Right before the step that is named; where the script stands does not change."""
    script = (Step("one", "One"), Step("two", "Two"))
    record = Record(table.room, table.bundle, record.bundle, script)
    record.begin("one")
    for _ in range(2):
        record.insert(Step("more", "More"), "two")

    steps = [(each.id, each.state) for each in table.operator.scenes[-1].steps]
    assert steps == [("one", "current"), ("more", "waiting"), ("two", "waiting")]
    assert (record.has("more"), record.has("less")) == (True, False)


def test_many_errors_of_one_kind_are_one_entry(record: Record) -> None:
    """The first in its own words, and how many there were; one alone stands as it is, and none is none."""
    before = len(record.bundle.transcript.entries)
    errors = [TamperedError(f"not strict JSON {number}", f"{number}.json") for number in range(9)]
    record.troubles([], "the stick")
    record.troubles([*errors, RefusedError("RESPONSE-SIGNED", "nothing", "something")], "the stick")

    many, one = record.bundle.transcript.entries[before:]
    assert (many.action, many.result) == ("Tampered", "refused")
    assert many.note.startswith("9 files in the stick were refused alike. The first: ")
    assert "not strict JSON 0" in many.note
    assert (one.action, one.result) == ("RESPONSE-SIGNED", "refused")
    assert "alike" not in one.note
