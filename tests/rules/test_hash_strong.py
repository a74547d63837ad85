"""HASH-STRONG: no target stands on MD5 or SHA-1 alone."""

import pytest

from ceremony.core.artifact_rules import ArtifactCase, hash_strong
from ceremony.errors import RefusedError

HASHES = {"sha256": "ab" * 32}


def test_a_weak_hash_beside_a_strong_one_is_taken() -> None:
    """Some old client may want it."""
    hash_strong.check(ArtifactCase(1, {**HASHES, "md5": "ab" * 16}))
    hash_strong.check(ArtifactCase(1, {"tiger": "ab" * 24}))


@pytest.mark.parametrize(
    "said",
    [
        {"md5": "ab" * 16},
        {"sha1": "ab" * 20},
        {"SHA-1": "ab" * 20, "MD5": "ab" * 16},
    ],
)
def test_anything_else_is_refused(said: dict[str, str]) -> None:
    """Whatever form it takes."""
    with pytest.raises(RefusedError) as refusal:
        hash_strong.check(ArtifactCase(1, said))

    assert refusal.value.rule == "HASH-STRONG"
