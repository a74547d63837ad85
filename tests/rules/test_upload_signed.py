"""UPLOAD-SIGNED: as many keys of the project have signed as have to."""

import pytest
from fakes.claims import metadata, project, upload_case

from ceremony.core.upload_rules import upload_signed
from ceremony.errors import RefusedError

BOTH = project("demo", "demo", "demo again", threshold=2)
FILES = {"files/demo/one": b"content"}


def test_metadata_with_its_quorum_is_taken() -> None:
    """One of one, and two of two."""
    upload_signed.check(upload_case())
    upload_signed.check(upload_case(metadata("demo", 1, FILES, "demo", "demo again"), BOTH))


@pytest.mark.parametrize("signers", [("demo",), ("demo again", "other"), ("demo", "demo")])
def test_metadata_with_one_signature_too_few_is_refused(signers: tuple[str, ...]) -> None:
    """Strangers do not count, nor does anybody twice."""
    with pytest.raises(RefusedError) as refusal:
        upload_signed.check(upload_case(metadata("demo", 1, FILES, *dict.fromkeys(signers)), BOTH))

    assert refusal.value.rule == "UPLOAD-SIGNED"


def test_other_content_under_a_good_signature_is_refused() -> None:
    """One byte of a hash is another."""
    data = metadata("demo", 1, FILES).replace(b'"length":7', b'"length":8')

    with pytest.raises(RefusedError):
        upload_signed.check(upload_case(data))
