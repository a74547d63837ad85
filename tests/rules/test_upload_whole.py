"""UPLOAD-WHOLE: metadata that clients can read, as it was signed."""

import pytest
from fakes.claims import developer, metadata, upload_case
from tuf.api.metadata import Metadata, Root, Snapshot

from ceremony.core.upload_rules import upload_whole
from ceremony.errors import RefusedError


def test_targets_metadata_is_taken() -> None:
    """As any client reads it."""
    upload_whole.check(upload_case())


@pytest.mark.parametrize("signed", [Root(), Snapshot()], ids=["root", "snapshot"])
def test_metadata_of_another_kind_is_refused(signed: Root | Snapshot) -> None:
    """Though the right key signed it."""
    made = Metadata(signed)
    made.sign(developer("demo"))

    with pytest.raises(RefusedError) as refusal:
        upload_whole.check(upload_case(made.to_bytes()))

    assert refusal.value.rule == "UPLOAD-WHOLE"


@pytest.mark.parametrize(
    ("found", "instead"),
    [(b'"length":7', b'"length":-7'), (b'"targets":{', b'"t":{'), (b'"spec_version":"1', b'"spec_version":"2')],
)
def test_metadata_that_clients_cannot_read_is_refused(found: bytes, instead: bytes) -> None:
    """A length below zero, no targets at all, another specification."""
    data = metadata("demo", 1, {"files/demo/one": b"content"})
    assert found in data

    with pytest.raises(RefusedError) as refusal:
        upload_whole.check(upload_case(data.replace(found, instead)))

    assert refusal.value.rule == "UPLOAD-WHOLE"


def test_metadata_that_is_too_long_is_refused() -> None:
    """Clients take five million bytes."""
    data = metadata("demo", 1, {}, unrecognized_fields={"x-filler": "x" * 5_000_000})

    with pytest.raises(RefusedError) as refusal:
        upload_whole.check(upload_case(data))

    assert "5000000" in refusal.value.wanted
