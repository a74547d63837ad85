"""CUSTOM-PLAIN: what stands beside length and hashes is the same to every client."""

import pytest

from ceremony.core.artifact_rules import ArtifactCase, custom_plain
from ceremony.core.strict_json import Json
from ceremony.errors import RefusedError

HASHES = {"sha256": "ab" * 32}


def test_plain_values_are_taken() -> None:
    """Quotes and backslashes too, and any script."""
    custom_plain.check(ArtifactCase(1, HASHES))
    custom_plain.check(ArtifactCase(1, HASHES, {}))
    custom_plain.check(ArtifactCase(1, HASHES, {'a"\\': [1, -1, True, None, "\u4e2d", {"b": "c"}]}))


@pytest.mark.parametrize(
    "said",
    [
        [],
        "text",
        {"a": "\n"},
        {"a\x00": 1},
        {"a": "e\u0301"},
        {"a": 2**53},
        {"a": -(2**60)},
        {"a": {"b": 1.5}},
        {"a": "x" * 9000},
        {"a": [[[[[[[[1]]]]]]]]},
        {"a": ["\ud800"]},
    ],
)
def test_anything_else_is_refused(said: Json) -> None:
    """Whatever form it takes."""
    with pytest.raises(RefusedError) as refusal:
        custom_plain.check(ArtifactCase(1, HASHES, said))

    assert refusal.value.rule == "CUSTOM-PLAIN"
