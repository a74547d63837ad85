"""PAYLOAD-FROZEN: what was reviewed is what was signed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import reviewed, signed

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.seal import SealCase, payload_frozen

FOUND = reviewed()
FILES = signed(FOUND.draft.files, "ann", "bob")

Files = tuple[MetadataFile, ...]

CHANGES: dict[str, Callable[[Files], Files]] = {
    "another byte": lambda files: (replace(files[0], payload=files[0].payload + b" "), *files[1:]),
    "another version": lambda files: (replace(files[0], version=2), *files[1:]),
    "another role": lambda files: (*files[:2], replace(files[2], role="targets")),
    "another order": lambda files: files[::-1],
    "a file less": lambda files: files[:2],
    "a file more": lambda files: (*files, files[0]),
    "no files": lambda _files: (),
}


def test_the_reviewed_payloads_pass_whoever_signed_them() -> None:
    """Signatures are not part of it."""
    payload_frozen.check(SealCase(FOUND, FILES))
    payload_frozen.check(SealCase(FOUND, FOUND.draft.files))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_anything_else_is_refused(change: Callable[[Files], Files]) -> None:
    """The same roles, versions and bytes, in the same order."""
    refusal(payload_frozen, SealCase(FOUND, change(FILES)))
