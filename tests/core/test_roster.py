"""The roster: who holds which key; written in one form, read strictly."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.people import keyid, plan, roster
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.roster import Enrolment, Roster, decode_roster, encode_roster
from ceremony.errors import TamperedError

EVERYBODY = roster(plan())
DATA = encode_roster(EVERYBODY)


def with_field(name: str, value: object) -> bytes:
    """The roster with this field of ann's enrolment changed, as some other program would write it."""
    fields: dict[str, Any] = json.loads(DATA)
    fields["enrolments"][0][name] = value
    return _dump(fields)


def without_field(name: str) -> bytes:
    """The roster without this field of ann's enrolment."""
    fields: dict[str, Any] = json.loads(DATA)
    del fields["enrolments"][0][name]
    return _dump(fields)


def _dump(fields: object) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


@pytest.mark.parametrize("found", [Roster(), EVERYBODY, Roster(EVERYBODY.enrolments[:1])])
def test_a_roster_survives_writing_and_reading(found: Roster) -> None:
    """PEM keys and all."""
    assert decode_roster(encode_roster(found), "roster.json") == found


def test_any_json_parser_reads_a_roster() -> None:
    """The file is plain JSON."""
    assert [each["keyholder"] for each in json.loads(DATA)["enrolments"]] == ["ann", "bob", "cyd"]


@pytest.mark.parametrize("known", [True, False, None])
def test_what_a_device_did_not_say_stays_unsaid(known: bool | None) -> None:  # noqa: FBT001  # a value as stored
    """True, false and "it does not say" are three answers."""
    found = Roster((replace(EVERYBODY.enrolments[0], is_generated_inside=known, is_extractable=known),))
    assert decode_roster(encode_roster(found), "roster.json") == found


def test_a_keyholder_is_found_by_name() -> None:
    """Nobody else is found under that name."""
    ann = EVERYBODY.of("ann")
    assert ann is not None
    assert ann.keyid == keyid("ann")
    assert EVERYBODY.of("stranger") is None


def test_a_key_is_found_by_its_keyid() -> None:
    """Each key has its holder, a strange one none."""
    assert EVERYBODY.holder_of(keyid("bob")) == "bob"
    assert not EVERYBODY.holder_of("0" * 64)


def test_enrolling_anew_replaces_what_was_there() -> None:
    """A keyholder has one enrolment, the latest."""
    anew = replace(EVERYBODY.enrolments[0], serial="another")
    found = EVERYBODY.replace(anew)
    assert found.of("ann") == anew
    assert len(found.enrolments) == 3
    assert EVERYBODY.of("ann") != anew


ENROLMENT_FIELDS = tuple(Enrolment.__dataclass_fields__)


@pytest.mark.parametrize("name", ENROLMENT_FIELDS)
def test_every_field_is_needed(name: str) -> None:
    """A roster that leaves something out is no roster of ours."""
    with pytest.raises(TamperedError) as refused:
        decode_roster(without_field(name), "roster.json")
    assert refused.value.where == "roster.json"


@pytest.mark.parametrize("name", ENROLMENT_FIELDS)
@pytest.mark.parametrize("wrong", [5, 1.5, [], [5], {"a": "b"}, "\x00", "a\nb", "\u202e", "\x9b", "x" * 9000])
def test_no_field_takes_anything_else(name: str, wrong: object) -> None:
    """Wrong types, control characters and endless texts are refused in every field."""
    with pytest.raises(TamperedError):
        decode_roster(with_field(name, wrong), "roster.json")


WRONG = {
    "nothing": b"",
    "a list": b"[]",
    "no format": b'{"enrolments":[]}',
    "another format": b'{"enrolments":[],"format":2}',
    "a true format": b'{"enrolments":[],"format":true}',
    "no enrolments": b'{"format":1}',
    "enrolments that are null": b'{"enrolments":null,"format":1}',
    "enrolments that are a text": b'{"enrolments":"x","format":1}',
    "an enrolment that is a number": b'{"enrolments":[5],"format":1}',
    "one field more": b'{"enrolments":[],"format":1,"more":1}',
    "spaces": b'{"enrolments":[], "format":1}',
    "another order": b'{"format":1,"enrolments":[]}',
    "a field more in an enrolment": with_field("pin", "123456"),
    "roles in another order": with_field("roles", ["bins", "root"]),
    "a private key": with_field("key", {**EVERYBODY.enrolments[0].key, "keyval": {"private": "x", "public": "y"}}),
    "a keyid inside the key": with_field("key", {**EVERYBODY.enrolments[0].key, "keyid": "x"}),
    "a proof in capitals": with_field("proof", "AB"),
    "a nonce too short": with_field("nonce", "5" * 31),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_anything_but_a_roster_as_it_was_written_is_refused(data: bytes) -> None:
    """One form alone is read, so every byte is accounted for."""
    with pytest.raises(TamperedError):
        decode_roster(data, "roster.json")


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_is_another_roster(place: int, flip: int) -> None:
    """No byte of the file is without meaning."""
    changed = bytearray(DATA)
    changed[place] ^= flip
    try:
        found = decode_roster(bytes(changed), "roster.json")
    except TamperedError:
        return
    assert found != EVERYBODY
