"""HASH-FORM: a hash is as long as its algorithm makes it."""

import pytest

from ceremony.core.artifact_rules import ArtifactCase, hash_form
from ceremony.errors import RefusedError

HASHES = {"sha256": "ab" * 32}


def test_any_algorithm_is_taken() -> None:
    """In letters of any size."""
    hash_form.check(ArtifactCase(1, HASHES))
    hash_form.check(ArtifactCase(1, {"SHA256": "AB" * 32, "tiger": "ab" * 24, "blake2b-256": "0f" * 32}))


@pytest.mark.parametrize(
    "said",
    [
        {"sha256": "ab" * 31},
        {"sha256": "ab" * 64},
        {"sha256": "zz" * 32},
        {"tiger": "abc"},
        {"tiger": ""},
        {"": "ab"},
        {"a b": "ab"},
        {"x" * 33: "ab"},
        {"tiger": "ab" * 129},
    ],
)
def test_anything_else_is_refused(said: dict[str, str]) -> None:
    """Whatever form it takes."""
    with pytest.raises(RefusedError) as refusal:
        hash_form.check(ArtifactCase(1, said))

    assert refusal.value.rule == "HASH-FORM"
