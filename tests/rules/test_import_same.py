"""IMPORT-SAME: an import goes on with what it began with."""

import pytest

from ceremony.core.import_rules import ResumeCase, import_same
from ceremony.errors import RefusedError


def test_what_is_unchanged_is_gone_on_with() -> None:
    """Nothing stands against it."""
    import_same.check(ResumeCase("aa", "aa", 7))


def test_other_content_is_refused() -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        import_same.check(ResumeCase("aa", "bb", 7))

    assert refusal.value.rule == "IMPORT-SAME"
