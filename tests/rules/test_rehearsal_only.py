"""REHEARSAL-ONLY: a script answers in rehearsals only."""

import pytest
from fakes.people import plan

from ceremony.core.rehearsal_rules import rehearsal_only
from ceremony.errors import RefusedError


def test_a_rehearsal_passes() -> None:
    """A script may practise."""
    rehearsal_only.check(plan())


def test_a_real_ceremony_is_refused() -> None:
    """Without people nothing real goes on."""
    with pytest.raises(RefusedError, match="REHEARSAL-ONLY"):
        rehearsal_only.check(plan(is_rehearsal=False))
