"""UPLOAD-FRESH: what has expired is not published."""

from datetime import timedelta

import pytest
from fakes.claims import upload_case
from fakes.release import NOW

from ceremony.core.upload_rules import upload_fresh
from ceremony.errors import RefusedError


def test_metadata_that_lasts_is_taken() -> None:
    """Until the moment before its end."""
    upload_fresh.check(upload_case(now=NOW + timedelta(days=89)))


def test_expired_metadata_is_refused() -> None:
    """At its end."""
    with pytest.raises(RefusedError) as refusal:
        upload_fresh.check(upload_case(now=NOW + timedelta(days=90)))

    assert refusal.value.rule == "UPLOAD-FRESH"
