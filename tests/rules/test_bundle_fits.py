"""BUNDLE-FITS: nothing is written that nobody could open again."""

import pytest
from fakes.cases import refusal

from ceremony.core.bundle_limits import BYTES_LIMIT, FILES_LIMIT, LIMITS, bundle_fits, limit_of

USUAL = {"manifest.json": 900, "plan.toml": 2000, "draft/1.root.json": 4000, "transcript.jsonl": 90_000}
TRANSCRIPT = limit_of("transcript.jsonl") or 0


def test_a_bundle_of_a_usual_size_passes() -> None:
    """And one whose record is as long as it may be."""
    bundle_fits.check(USUAL)
    bundle_fits.check(USUAL | {"transcript.jsonl": TRANSCRIPT})
    bundle_fits.check(USUAL | {f"trusted/{number}.root.json": 1 for number in range(1, FILES_LIMIT + 1)})


@pytest.mark.parametrize(
    "more",
    [
        {"transcript.jsonl": TRANSCRIPT + 1},
        {"plan.toml": LIMITS[r"plan\.toml"] + 1},
        {"holiday.jpg": 1},
        {f"trusted/{number}.root.json": 1 for number in range(1, FILES_LIMIT + 2)},
        {f"trusted/{number}.root.json": BYTES_LIMIT // 600 for number in range(1, FILES_LIMIT)}
        | {f"draft/{number}.root.json": BYTES_LIMIT // 600 for number in range(1, FILES_LIMIT)},
    ],
    ids=["a full record", "a long plan", "a stranger", "too many files", "too much of everything"],
)
def test_what_could_not_be_opened_again_is_refused(more: dict[str, int]) -> None:
    """With the file, or the folder, and how much it may have."""
    refusal(bundle_fits, USUAL | more)
