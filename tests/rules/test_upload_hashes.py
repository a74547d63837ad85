"""UPLOAD-HASHES: a target is listed by its SHA-256 alone."""

import pytest
from fakes.claims import metadata, upload_case

from ceremony.core.upload_rules import upload_hashes
from ceremony.errors import RefusedError

DATA = metadata("demo", 1, {"files/demo/one": b"content"})


def test_a_target_with_its_sha256_is_taken() -> None:
    """Under which it is served."""
    upload_hashes.check(upload_case())


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        (b'"sha256"', b'"sha512"'),
        (b'"sha256":"', b'"blake2b-256":"00", "sha256":"'),
        (b'"sha256":"', b'"sha256":"/../'),
        (b'"sha256":"ed', b'"sha256":"ED'),
    ],
)
def test_other_hashes_are_refused(found: bytes, instead: bytes) -> None:
    """Another, one more, and what is none."""
    assert found in DATA

    with pytest.raises(RefusedError) as refusal:
        upload_hashes.check(upload_case(DATA.replace(found, instead)))

    assert refusal.value.rule == "UPLOAD-HASHES"
