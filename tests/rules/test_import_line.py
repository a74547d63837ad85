"""IMPORT-LINE: every line has the form that was named."""

import pytest

from ceremony.core.import_rules import LineCase, import_line
from ceremony.errors import RefusedError


def test_a_line_of_the_form_is_taken() -> None:
    """Nothing stands against it."""
    import_line.check(LineCase("", "two fields"))


def test_a_line_that_cannot_be_read_is_refused() -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        import_line.check(LineCase("one field", "two fields"))

    assert refusal.value.rule == "IMPORT-LINE"
