"""Metadata files: the signed bytes inside a file, and every other byte accounted for."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.people import drafted, keyid, signed, signer
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import Signature
from tuf.api.metadata import Metadata, Root, Targets

from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.plan import Bins
from ceremony.errors import TamperedError

FILES = signed(drafted().files, "ann", "bob", "cyd")
ROOT = FILES[0]
DATA = ROOT.encode()


@pytest.mark.parametrize("file", [*FILES, *drafted().files], ids=lambda each: f"{each.role}-{len(each.signatures)}")
def test_a_file_survives_encoding_and_decoding(file: MetadataFile) -> None:
    """Payload and signatures come back as they were."""
    assert decode_metadata_file(file.encode(), file.role, file.name) == file


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_the_real_parser_sees_the_bytes_that_were_signed(style: str) -> None:
    """python-tuf parses each file and arrives at the very payload that was signed, with the same signatures."""
    for file in signed(drafted(bins=Bins(32, style)).files, "ann", "bob"):
        found: Metadata[Root] | Metadata[Targets] = Metadata.from_bytes(file.encode())
        assert found.signed_bytes == file.payload
        assert {each: found.signatures[each].signature for each in found.signatures} == {**file.signatures}


def test_a_file_is_named_as_under_consistent_snapshots() -> None:
    """Version first."""
    assert [each.name for each in FILES] == ["1.root.json", "1.targets.json", "1.bins.json"]


def test_signatures_stand_in_order_of_keyid() -> None:
    """Whoever signs first, the bytes are the same."""
    one = signed(drafted().files, "ann", "bob")[0]
    two = replace(one, signatures=dict(reversed(one.signatures.items())))
    assert one.encode() == two.encode()
    assert [each["keyid"] for each in json.loads(one.encode())["signatures"]] == sorted([keyid("ann"), keyid("bob")])


def test_one_more_signature_leaves_the_file_it_was_added_to() -> None:
    """A file is a value."""
    bare = drafted().files[0]
    more = bare.with_signature(signer("ann").sign(bare.payload))
    assert not bare.signatures
    assert [*more.signatures] == [keyid("ann")]


def test_a_key_has_one_signature_the_later_one() -> None:
    """Signing again replaces."""
    bare = drafted().files[0]
    twice = bare.with_signature(Signature(keyid("ann"), "aa")).with_signature(Signature(keyid("ann"), "bb"))
    assert twice.signatures == {keyid("ann"): "bb"}


def rewritten(change: dict[str, Any] | None = None, **signed_changes: object) -> bytes:
    """Root with these parts replaced, in otherwise perfect form; None takes a field away."""
    fields: dict[str, Any] = {**json.loads(DATA), **(change or {})}
    if signed_changes:
        fields["signed"] = {**fields["signed"], **signed_changes}
        fields["signed"] = {name: value for name, value in fields["signed"].items() if value is not None}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


SIGNATURE = {"keyid": "a" * 64, "sig": "ab"}

WRONG = {
    "nothing": b"",
    "a list": b"[]",
    "no signatures": b'{"signed":{"version":1}}',
    "no signed": b'{"signatures":[]}',
    "a field beside them": b'{"more":1,"signatures":[],"signed":{"version":1}}',
    "signed that is a list": b'{"signatures":[],"signed":[]}',
    "signatures that are a table": b'{"signatures":{},"signed":{"version":1}}',
    "no version": rewritten(version=None),
    "version zero": rewritten(version=0),
    "a version below zero": rewritten(version=-1),
    "a true version": rewritten(version=True),
    "a version in quotes": rewritten(version="1"),
    "a float": DATA.replace(b'"version":1', b'"version":1.0'),
    "spaces": DATA.replace(b",", b", "),
    "a line end at the end": DATA + b"\n",
    "signed first": DATA.replace(b'{"signatures":[', b'{"signed":{"version":1},"signatures":['),
    "escapes that are not needed": DATA.replace(b"root", b"\\u0072oot"),
    "a signature twice": rewritten({"signatures": [SIGNATURE, SIGNATURE]}),
    "two signatures by one key": rewritten({"signatures": [SIGNATURE, {**SIGNATURE, "sig": "cd"}]}),
    "signatures in another order": rewritten({"signatures": [{**SIGNATURE, "keyid": "b" * 64}, SIGNATURE]}),
    "a signature that is a text": rewritten({"signatures": ["ab"]}),
    "a signature with more fields": rewritten({"signatures": [{**SIGNATURE, "method": "x"}]}),
    "a signature without keyid": rewritten({"signatures": [{"sig": "ab"}]}),
    "a keyid that is a number": rewritten({"signatures": [{**SIGNATURE, "keyid": 5}]}),
    "a keyid in capitals": rewritten({"signatures": [{**SIGNATURE, "keyid": "A" * 64}]}),
    "a keyid too short": rewritten({"signatures": [{**SIGNATURE, "keyid": "a" * 63}]}),
    "a keyid with a line end": rewritten({"signatures": [{**SIGNATURE, "keyid": "a" * 64 + "\n"}]}),
    "a sig that is a number": rewritten({"signatures": [{**SIGNATURE, "sig": 5}]}),
    "a sig that is empty": rewritten({"signatures": [{**SIGNATURE, "sig": ""}]}),
    "a sig in capitals": rewritten({"signatures": [{**SIGNATURE, "sig": "AB"}]}),
    "a sig of odd length": rewritten({"signatures": [{**SIGNATURE, "sig": "abc"}]}),
    "a sig with a space": rewritten({"signatures": [{**SIGNATURE, "sig": "ab cd"}]}),
    "a sig that is endless": rewritten({"signatures": [{**SIGNATURE, "sig": "ab" * 8001}]}),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_anything_but_a_file_as_it_was_written_is_refused(data: bytes) -> None:
    """One form alone is read, so every byte is accounted for."""
    with pytest.raises(TamperedError) as refused:
        decode_metadata_file(data, "root", "draft/1.root.json")
    assert refused.value.where == "draft/1.root.json"


def test_the_rewriting_of_these_tests_changes_nothing_by_itself() -> None:
    """What is refused above is refused for its one fault."""
    assert rewritten() == DATA
    decode_metadata_file(rewritten({"signatures": [SIGNATURE]}), "root", "here")


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_is_another_file(place: int, flip: int) -> None:
    """No byte of the file is without meaning."""
    changed = bytearray(DATA)
    changed[place] ^= flip
    try:
        found = decode_metadata_file(bytes(changed), "root", "here")
    except TamperedError:
        return
    assert found != ROOT


@given(st.integers(0, len(DATA) - 1))
def test_a_file_cut_off_is_refused(length: int) -> None:
    """Half a file is no file."""
    with pytest.raises(TamperedError):
        decode_metadata_file(DATA[:length], "root", "here")
