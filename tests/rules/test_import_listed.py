"""IMPORT-LISTED: every file is the one that is listed."""

import pytest

from ceremony.core.import_rules import ListedCase, import_listed
from ceremony.errors import RefusedError


def test_the_listed_file_is_taken() -> None:
    """Nothing stands against it."""
    import_listed.check(ListedCase("1.bins.json", "snapshot", "", "version 1"))


def test_another_file_is_refused() -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        import_listed.check(ListedCase("1.bins.json", "snapshot", "version 2", "version 1"))

    assert refusal.value.rule == "IMPORT-LISTED"
