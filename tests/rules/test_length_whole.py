"""LENGTH-WHOLE: a length is a whole number of bytes."""

import pytest

from ceremony.core.artifact_rules import ArtifactCase, length_whole
from ceremony.errors import RefusedError

HASHES = {"sha256": "ab" * 32}


def test_a_number_of_bytes_is_taken() -> None:
    """And its digits, and none at all."""
    length_whole.check(ArtifactCase(0, HASHES))
    length_whole.check(ArtifactCase("630", HASHES))
    length_whole.check(ArtifactCase(2**53 - 1, HASHES))


@pytest.mark.parametrize(
    "said",
    [
        -1,
        2**53,
        "-1",
        "",
        "1.5",
        "9" * 17,
        "\u0667",
        True,
    ],
)
def test_anything_else_is_refused(said: int | str) -> None:
    """Whatever form it takes."""
    with pytest.raises(RefusedError) as refusal:
        length_whole.check(ArtifactCase(said, HASHES))

    assert refusal.value.rule == "LENGTH-WHOLE"
