"""The roster: who holds which key; written in one form, read strictly."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.people import attested, keyid, plan, roster
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.attestation import Attestation
from ceremony.core.roster import Enrolment, Roster, decode_roster, encode_roster
from ceremony.errors import TamperedError

USUAL = roster(plan())
EVERYBODY = Roster((attested(USUAL.enrolments[0]), *USUAL.enrolments[1:]))
"""Ann's key is attested, the others' are not."""

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


def with_fact(name: str, value: object) -> bytes:
    """The roster with this field of ann's attestation changed."""
    fields: dict[str, Any] = json.loads(DATA)
    fields["enrolments"][0]["attestation"][name] = value
    return _dump(fields)


def without_fact(name: str) -> bytes:
    """The roster without this field of ann's attestation."""
    fields: dict[str, Any] = json.loads(DATA)
    del fields["enrolments"][0]["attestation"][name]
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


ATTESTATION_FIELDS = tuple(Attestation.__dataclass_fields__)


def test_an_attestation_says_all_that_it_said() -> None:
    """Facts and certificates, the key's own first."""
    found = decode_roster(DATA, "roster.json").enrolments
    assert found[0].attestation == EVERYBODY.enrolments[0].attestation
    assert [each.attestation for each in found[1:]] == [None, None]


@pytest.mark.parametrize("name", ATTESTATION_FIELDS)
def test_every_fact_of_an_attestation_is_needed(name: str) -> None:
    """None of them has a default."""
    with pytest.raises(TamperedError):
        decode_roster(without_fact(name), "roster.json")


@pytest.mark.parametrize("name", ATTESTATION_FIELDS)
@pytest.mark.parametrize("wrong", [None, 5, [], [5], {"a": "b"}, "\x1b[2J", "a\nb", "\u202e", "x" * 9000])
def test_no_fact_of_an_attestation_takes_anything_else(name: str, wrong: object) -> None:
    """A stranger's file can say nothing that people are not to see, and nothing without end."""
    with pytest.raises(TamperedError):
        decode_roster(with_fact(name, wrong), "roster.json")


CERTIFICATES = {
    "none": [],
    "seven": ["MIIB" * 10] * 7,
    "one that is too long": ["A" * 6001],
    "one that is no base64": ["MIIB-MIIB_MIIBMIIB"],
    "one with a line end": ["MIIB" * 10 + "\n"],
    "one that is no text": ["MIIB" * 10, 5],
}


@pytest.mark.parametrize("found", CERTIFICATES.values(), ids=CERTIFICATES)
def test_certificates_are_few_and_short(found: list[object]) -> None:
    """Six of 6000 letters at most."""
    with pytest.raises(TamperedError):
        decode_roster(with_fact("certificates", found), "roster.json")


def test_six_certificates_of_the_greatest_length_are_read() -> None:
    """A chain has no more, and none is longer."""
    decode_roster(with_fact("certificates", ["A" * 5998 + "=="] * 6), "roster.json")


WRONG_FACTS = {
    "another maker's device": with_fact("device", "AcmeKey"),
    "a root in capitals": with_fact("root", "A" * 64),
    "a keyid that is too short": with_fact("keyid", "a" * 63),
    "a slot in words": with_fact("slot", "signature"),
    "one fact more": with_fact("pin", "123456"),
    "an attestation that is a text": with_field("attestation", "Yubico"),
    "an attestation that is empty": with_field("attestation", {}),
}


@pytest.mark.parametrize("data", WRONG_FACTS.values(), ids=WRONG_FACTS)
def test_an_attestation_is_read_in_one_form_only(data: bytes) -> None:
    """As `encode_roster` writes it."""
    with pytest.raises(TamperedError):
        decode_roster(data, "roster.json")


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
    "a role that can be none": with_field("roles", ["Bins"]),
    "a private key": with_field("key", {**EVERYBODY.enrolments[0].key, "keyval": {"private": "x", "public": "y"}}),
    "a keyid inside the key": with_field("key", {**EVERYBODY.enrolments[0].key, "keyid": "x"}),
    "a driver that nobody has": with_field("driver", "yubikey2"),
    "no driver": with_field("driver", ""),
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
