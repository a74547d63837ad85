"""HASHES-PRESENT: a target has hashes."""

import pytest

from ceremony.core.artifact_rules import ArtifactCase, hashes_present
from ceremony.errors import RefusedError

HASHES = {"sha256": "ab" * 32}


def test_one_hash_is_enough() -> None:
    """And eight are not too many."""
    hashes_present.check(ArtifactCase(1, HASHES))
    hashes_present.check(ArtifactCase(1, {f"sha256-{n}": "ab" for n in range(8)}))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {f"sha256-{n}": "ab" for n in range(9)},
    ],
)
def test_anything_else_is_refused(said: dict[str, str]) -> None:
    """Whatever form it takes."""
    with pytest.raises(RefusedError) as refusal:
        hashes_present.check(ArtifactCase(1, said))

    assert refusal.value.rule == "HASHES-PRESENT"
