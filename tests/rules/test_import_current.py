"""IMPORT-CURRENT: metadata whose targets are imported has not expired."""

from datetime import timedelta

import pytest
from fakes.people import NOW

from ceremony.core.import_rules import EndingCase, import_current
from ceremony.errors import RefusedError


def test_metadata_that_holds_is_taken() -> None:
    """Nothing stands against it."""
    import_current.check(EndingCase("1.bins.json", NOW + timedelta(seconds=1), NOW))


def test_what_has_expired_is_refused() -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        import_current.check(EndingCase("1.bins.json", NOW, NOW))

    assert refusal.value.rule == "IMPORT-CURRENT"
