"""UPLOAD-PLAIN: whatever a project signs beside its targets, every client verifies the same bytes."""

import pytest
from fakes.claims import metadata, upload_case

from ceremony.core.strict_json import Json
from ceremony.core.upload_rules import upload_plain
from ceremony.errors import RefusedError


@pytest.mark.parametrize("said", ["text", 7, ["\u4e2d", True, None], {"a": {"b": 'a "quoted" one'}}])
def test_plain_values_are_taken(said: Json) -> None:
    """In any script."""
    upload_plain.check(upload_case())
    upload_plain.check(upload_case(metadata("demo", 1, {}, unrecognized_fields={"x-said": said})))


@pytest.mark.parametrize("said", ["two\nlines", "e\u0301", 2**53, {"a": ["\x7f"]}, {"\x00": 1}])
def test_what_some_client_would_write_otherwise_is_refused(said: Json) -> None:
    """A control character, another Unicode form, a number that not every parser keeps; in names too."""
    with pytest.raises(RefusedError) as refusal:
        upload_plain.check(upload_case(metadata("demo", 1, {}, unrecognized_fields={"x-said": said})))

    assert refusal.value.rule == "UPLOAD-PLAIN"
