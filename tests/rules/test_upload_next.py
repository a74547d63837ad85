"""UPLOAD-NEXT: one version after another."""

import pytest
from fakes.claims import metadata, upload_case

from ceremony.core.upload_rules import upload_next
from ceremony.errors import RefusedError


def test_the_version_after_the_last_is_taken() -> None:
    """The first is version one."""
    upload_next.check(upload_case())
    upload_next.check(upload_case(metadata("demo", 5, {}), last=4))


@pytest.mark.parametrize("version", [3, 4, 6, 100])
def test_any_other_version_is_refused(version: int) -> None:
    """Older, the same, and one that leaves others out."""
    with pytest.raises(RefusedError) as refusal:
        upload_next.check(upload_case(metadata("demo", version, {}), last=4))

    assert (refusal.value.rule, refusal.value.wanted) == ("UPLOAD-NEXT", "version 5")
