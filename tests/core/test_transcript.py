"""The transcript: one line for each entry, chained so that no line can be changed, moved or left out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from fakes.people import NOW
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.transcript import BEGINNING, TEXT_LETTERS, Entry, Transcript, decode_transcript
from ceremony.errors import TamperedError

ENTRIES = (
    Entry(NOW, "plan", "", "opened", "The plan is open.", inputs={"plan.toml": "ab" * 32}),
    Entry(NOW + timedelta(minutes=1), "sign", "ann", "wrong PIN", "3 tries left.", "refused", serial="123"),
    Entry(NOW + timedelta(minutes=2), "sign", "ann", "signed", "ann signed “1.root.json”.", outputs={"sig": "cd" * 32}),
)


def transcript_of(*entries: Entry) -> Transcript:
    """A transcript of these entries."""
    found = Transcript()
    for entry in entries:
        found = found.add(entry)
    return found


WHOLE = transcript_of(*ENTRIES)
DATA = WHOLE.encode()
LINES = DATA.split(b"\n")[:-1]

TEXTS = st.text(max_size=30)
ANY_ENTRY = st.builds(
    Entry,
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis wants its bounds naive
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), st.just("ab" * 32), max_size=3),
)


@given(st.lists(ANY_ENTRY, max_size=5))
def test_a_transcript_survives_writing_and_reading(entries: list[Entry]) -> None:
    """Whatever people typed and devices said, the record can be read again."""
    found = transcript_of(*entries)
    assert decode_transcript(found.encode(), "transcript.jsonl") == found


def test_what_was_said_is_on_record_as_it_was_said() -> None:
    """An entry of ordinary text is kept as it stands."""
    assert WHOLE.entries == ENTRIES


@pytest.mark.parametrize("odd", ["\n", "\r", "\x00", "\x1b", "\x9b", "\u202e", "\u2066", "\u2028", "\ud800"])
def test_what_a_line_cannot_show_becomes_a_space(odd: str) -> None:
    """No entry can begin a line of its own, move the cursor, or turn the direction of writing."""
    found = transcript_of(replace(ENTRIES[0], note=f"a{odd}b", person=f"an{odd}n"))
    assert (found.entries[0].note, found.entries[0].person) == ("a b", "an n")
    assert found.encode().count(b"\n") == 1


def test_nobody_fills_a_record_with_one_text() -> None:
    """Cut, with three dots at its end; up to the limit it stands as it was said."""
    longest = "x" * TEXT_LETTERS
    found = transcript_of(replace(ENTRIES[0], note=longest, person="y" * 250_000, serial="z" * 250_000)).entries[0]
    assert found.note == longest
    assert {len(found.person), len(found.serial)} == {TEXT_LETTERS}
    assert found.person.endswith("y...")
    assert decode_transcript(transcript_of(found).encode(), "it").entries == (found,)


def test_each_entry_is_one_line_of_json() -> None:
    """Any program reads the record."""
    notes = [json.loads(line)["note"] for line in LINES]
    assert notes == [entry.note for entry in ENTRIES]


def test_each_line_names_the_hash_of_the_line_before() -> None:
    """The first one names the beginning."""
    previous = [json.loads(line)["previous"] for line in LINES]
    assert previous == [BEGINNING, *(sha256(line).hexdigest() for line in LINES[:-1])]


def test_the_head_stands_for_the_whole_record() -> None:
    """It is the hash of the last line, and the beginning while there is none."""
    assert WHOLE.head == sha256(LINES[-1]).hexdigest()
    assert Transcript().head == BEGINNING


def test_times_are_kept_in_utc_at_whole_seconds() -> None:
    """Wherever the clock stands."""
    local = (NOW + timedelta(microseconds=7)).astimezone(timezone(timedelta(hours=5, minutes=30)))
    found = transcript_of(replace(ENTRIES[0], time=local)).entries[0].time
    assert (found, found.tzinfo) == (NOW, UTC)


def test_adding_an_entry_leaves_the_transcript_it_was_added_to() -> None:
    """A transcript is a value."""
    before = transcript_of(ENTRIES[0])
    before.add(ENTRIES[1])
    assert before == transcript_of(ENTRIES[0])


def test_no_entries_are_no_lines() -> None:
    """An empty file is an empty transcript."""
    assert Transcript().encode() == b""
    assert decode_transcript(b"", "transcript.jsonl") == Transcript()


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, flip: int) -> None:
    """Either the record cannot be read any more, or its head is another."""
    changed = bytearray(DATA)
    changed[place] ^= flip
    try:
        found = decode_transcript(bytes(changed), "transcript.jsonl")
    except TamperedError:
        return
    assert found.head != WHOLE.head


@given(st.integers(0, len(DATA) - len(LINES[-1]) - 2), st.integers(1, 255))
def test_a_changed_byte_before_the_last_line_is_noticed_without_the_head(place: int, flip: int) -> None:
    """The chain alone shows it."""
    changed = bytearray(DATA)
    changed[place] ^= flip
    with pytest.raises(TamperedError):
        decode_transcript(bytes(changed), "transcript.jsonl")


@given(st.integers(0, len(DATA) - 1))
def test_a_record_cut_off_is_noticed(length: int) -> None:
    """Inside a line at once, between two lines by the head."""
    try:
        found = decode_transcript(DATA[:length], "transcript.jsonl")
    except TamperedError:
        return
    assert found.head != WHOLE.head


def joined(*lines: bytes) -> bytes:
    """These lines as a file."""
    return b"".join(line + b"\n" for line in lines)


def first(**changes: object) -> bytes:
    """The first line with these fields changed, otherwise as it would be written; None takes a field away."""
    fields = {**json.loads(LINES[0]), **changes}
    kept = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


WRONG = {
    "a line left out": joined(LINES[0], LINES[2]),
    "two lines swapped": joined(LINES[0], LINES[2], LINES[1]),
    "a line twice": joined(LINES[0], LINES[0]),
    "the first line left out": joined(*LINES[1:]),
    "an empty line": joined(LINES[0], b"", LINES[1]),
    "no line end at the end": DATA[:-1],
    "Windows line ends": DATA.replace(b"\n", b"\r\n"),
    "no JSON": b"hello\n",
    "a list": b"[]\n",
    "a number": b"5\n",
    "spaces": joined(LINES[0].replace(b",", b", ")),
    "a field too many": joined(first(more="x")),
    "another number": joined(first(number=2)),
    "a true number": joined(first(number=True)),
    "another beginning": joined(first(previous="1" * 64)),
    "no number": joined(first(number=None)),
    "no time that can be read": joined(first(time="yesterday")),
    "a time without zone": joined(first(time="2030-03-01T12:00:00")),
    "a time with short fields": joined(first(time="2030-3-1T12:00:00Z")),
    "a time at second 61": joined(first(time="2030-03-01T12:00:61Z")),
    "a time in other digits": joined(first(time="\uff12030-03-01T12:00:00Z")),
    "a hash that is a number": joined(first(inputs={"plan.toml": 5})),
    "an escape sequence": joined(first(note="\x1b[2J")),
    "a note with half a surrogate pair": joined(first(note="x").replace(b'"x"', b'"\\ud800"')),
    **{f"no {name}": joined(first(**{name: None})) for name in ("action", "note", "person", "step", "time", "inputs")},
    **{f"{name} that is a number": joined(first(**{name: 5})) for name in ("action", "result", "serial", "outputs")},
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_anything_but_a_transcript_as_it_was_written_is_refused(data: bytes) -> None:
    """One form alone is read, and the refusal names the line."""
    with pytest.raises(TamperedError) as refused:
        decode_transcript(data, "transcript.jsonl")
    assert refused.value.where.startswith("transcript.jsonl")


def test_the_refusal_names_the_line() -> None:
    """Counted from one."""
    with pytest.raises(TamperedError) as refused:
        decode_transcript(WRONG["two lines swapped"], "transcript.jsonl")
    assert refused.value.where == "transcript.jsonl, line 2"
