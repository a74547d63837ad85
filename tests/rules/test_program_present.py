"""PROGRAM-PRESENT: a rehearsal finds the programs that it starts."""

import pytest

from ceremony.core.rehearsal_rules import ProgramCase, program_present
from ceremony.errors import RefusedError


def test_a_program_that_was_found_passes() -> None:
    """It has a path."""
    program_present.check(ProgramCase("ceremony-online", "/usr/bin/ceremony-online"))


def test_a_program_that_is_missing_is_refused() -> None:
    """It has none."""
    with pytest.raises(RefusedError, match="PROGRAM-PRESENT"):
        program_present.check(ProgramCase("ceremony-online", ""))
