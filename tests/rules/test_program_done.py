"""PROGRAM-DONE: every program that a rehearsal starts does what it was asked to."""

import pytest

from ceremony.core.rehearsal_rules import EndedCase, program_done
from ceremony.errors import RefusedError


def test_status_zero_passes() -> None:
    """It is done."""
    program_done.check(EndedCase("ceremony-online init", 0, "online key made"))


def test_another_status_is_refused() -> None:
    """Its words are kept."""
    with pytest.raises(RefusedError, match="no space"):
        program_done.check(EndedCase("ceremony-online init", 7, "no space"))
