"""A batch of projects as a file: read strictly, written in one way, named by its hash."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.people import REPOSITORY
from fakes.projects import key, project

from ceremony.core.projects import (
    CLAIMS_SIZE_LIMIT,
    Project,
    claims_digest,
    claims_fields,
    decode_claims,
    encode_claims,
    project_role,
)
from ceremony.core.strict_json import encode
from ceremony.errors import TamperedError

BATCH = (project("demo", "ann", "bob", threshold=2), project("other", paths=("files/other/*", "docs/other/*")))


def changed(place: str, value: object) -> bytes:
    """The file of that batch with something else at this dotted place."""
    whole: Any = json.loads(encode_claims(REPOSITORY, BATCH))
    *path, last = [int(each) if each.isdecimal() else each for each in place.split(".")]
    found = whole
    for each in path:
        found = found[each]
    found[last] = value
    return json.dumps(whole).encode()


def test_what_was_written_is_read_again() -> None:
    """In whatever layout somebody has written it since."""
    data = encode_claims(REPOSITORY, BATCH)
    assert decode_claims(data, "batch") == (REPOSITORY, BATCH)
    assert decode_claims(json.dumps(json.loads(data), indent=4).encode() + b"\n", "batch") == (REPOSITORY, BATCH)


def test_a_batch_is_named_by_what_it_says() -> None:
    """And no batch by nothing."""
    assert len(claims_digest(BATCH)) == 64
    assert claims_digest(BATCH) != claims_digest(BATCH[:1])
    assert claims_digest(()) == ""


def test_a_project_signs_a_role_that_nothing_else_is_called() -> None:
    """Whatever the project is called."""
    assert project("root").role == project_role("root") == "project-root"
    assert BATCH[0].keys[0].keyid == key("ann", "demo").keyid


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("format", 2, "format"),
        ("repository", "a b", "the name of a repository"),
        ("projects", [], "at least one"),
        ("projects", "all", "a list"),
        ("projects.0", "demo", "a table"),
        ("projects.0.name", "Demo", "a normalized name"),
        ("projects.0.name", "de--mo", "a normalized name"),
        ("projects.0.name", "zebra", "in the order of their names"),
        ("projects.1.name", "demo", "each project once"),
        ("projects.0.threshold", 0, "threshold"),
        ("projects.0.threshold", True, "threshold"),
        ("projects.0.paths", [], "paths"),
        ("projects.0.paths", ["files/../demo"], "a pattern"),
        ("projects.0.paths", ["x"] * 17, "at most 16"),
        ("projects.0.keys", [], "at least one"),
        ("projects.0.keys.0.proof", "sign", "the proof in hex"),
        ("projects.0.keys.0.key.scheme", 5, "a public key"),
        ("projects.0.keys.0.key.keyval", {"public": "none"}, "a public key"),
        ("projects.0.keys.0.key.x-note", "hello", "keytype, scheme and keyval alone"),
        ("projects.0.keys.0.note", "hello", "an unknown field"),
        ("projects.0.note", "hello", "an unknown field"),
        ("note", "hello", "an unknown field"),
    ],
)
def test_whatever_else_stands_there_is_refused(place: str, value: object, words: str) -> None:
    """The place is named."""
    with pytest.raises(TamperedError) as refused:
        decode_claims(changed(place, value), "batch.json")
    assert words in refused.value.what
    assert refused.value.where == "batch.json"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"format": 1, "format": 1}', b"\xff", b"5"])
def test_what_is_no_batch_at_all_is_refused(data: bytes) -> None:
    """Without a guess."""
    with pytest.raises(TamperedError):
        decode_claims(data, "batch")


def test_more_keys_than_anybody_needs_are_refused() -> None:
    """Sixteen are enough."""
    many = replace(BATCH[0], keys=BATCH[0].keys[:1] * 17)
    with pytest.raises(TamperedError, match="at most 16"):
        decode_claims(encode_claims(REPOSITORY, (many,)), "batch")


def test_more_bytes_than_a_ceremony_takes_are_refused_unread() -> None:
    """Whatever they say."""
    with pytest.raises(TamperedError, match="larger than"):
        decode_claims(b" " * (CLAIMS_SIZE_LIMIT + 1), "batch")


def test_the_hash_is_that_of_the_projects_alone() -> None:
    """So that a roster, which holds the same list, names the same batch."""
    assert [
        Project(each["name"], tuple(each["paths"]), each["threshold"], ())
        for each in json.loads(  # type: ignore[index, arg-type, call-overload]
            encode(claims_fields(BATCH)).replace(b"\n", b"\\n")
        )
    ] == [replace(each, keys=()) for each in BATCH]
