"""Payloads as python-tuf values: whatever they hold, there is a value or one clear refusal."""

import json
from contextlib import suppress
from typing import Any

import pytest
from fakes.people import drafted
from hypothesis import given, settings
from hypothesis import strategies as st
from tuf.api.metadata import Root, Targets
from tuf.api.serialization.json import CanonicalJSONSerializer

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Bins
from ceremony.core.signed import root_of, targets_of
from ceremony.errors import TamperedError

DRAFT = drafted(bins=Bins(2, "explicit"))
PARSERS = {"root": root_of, "targets": targets_of, "bins": targets_of}


@pytest.mark.parametrize("role", PARSERS)
def test_a_payload_is_parsed_and_written_back_as_it_was(role: str) -> None:
    """Parsing loses nothing."""
    file = DRAFT.file(role)
    assert CanonicalJSONSerializer().serialize(PARSERS[role](file)) == file.payload


def test_each_parser_gives_its_own_kind() -> None:
    """Root is Root; targets and bins are Targets."""
    assert isinstance(root_of(DRAFT.file("root")), Root)
    assert isinstance(targets_of(DRAFT.file("targets")), Targets)
    assert isinstance(targets_of(DRAFT.file("bins")), Targets)


@pytest.mark.parametrize(("role", "other"), [("root", "targets"), ("targets", "root"), ("bins", "root")])
def test_another_kind_of_metadata_is_refused(role: str, other: str) -> None:
    """A payload under the wrong role is not what it claims to be."""
    file = MetadataFile(role, 1, DRAFT.file(other).payload)
    with pytest.raises(TamperedError) as refused:
        PARSERS[role](file)
    assert refused.value.where == file.name


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"5", b'{"_type":"root"}', b'{"_type":5}', b"{'_type':'root'}"])
def test_what_is_no_metadata_is_refused(payload: bytes) -> None:
    """Any other payload is tampered with."""
    with pytest.raises(TamperedError):
        root_of(MetadataFile("root", 1, payload))


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value inside this one."""
    found = [path]
    if isinstance(value, dict):
        found += [each for name, inner in value.items() for each in places(inner, (*path, name))]
    if isinstance(value, list):
        found += [each for place, inner in enumerate(value) for each in places(inner, (*path, place))]
    return found


def changed(value: Any, path: tuple[str | int, ...], into: object) -> Any:  # noqa: ANN401  # JSON of any shape
    """The value with what stands at this path replaced; nothing stands there afterwards if `into` is ...."""
    if not path:
        return into
    copy = value.copy()
    if len(path) == 1 and into is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(value[path[0]], path[1:], into)
    return copy


ODD = [..., None, True, 0, -1, 2**70, "", "x", "2030-13-01T00:00:00Z", [], ["x"], [[]], {}, {"x": {}}, "\u0000"]


@settings(max_examples=400)
@given(st.data())
def test_a_payload_changed_anywhere_is_parsed_or_refused(data: st.DataObject) -> None:
    """Nothing but TamperedError comes out of a payload that somebody else wrote."""
    role = data.draw(st.sampled_from([*PARSERS]))
    fields = strict_json.decode_canonical(DRAFT.file(role).payload, role)
    path = data.draw(st.sampled_from([each for each in places(fields) if each]))
    payload = strict_json.encode(changed(fields, path, data.draw(st.sampled_from(ODD))))
    with suppress(TamperedError):
        PARSERS[role](MetadataFile(role, 1, payload))


def test_parsing_leaves_the_file_as_it_is() -> None:
    """python-tuf empties what it parses; the payload is none the poorer."""
    file = DRAFT.file("root")
    before = file.payload
    root_of(file).keys.clear()
    assert file.payload == before
    assert json.loads(file.encode())["signed"]["keys"]
