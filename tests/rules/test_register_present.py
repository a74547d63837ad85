"""REGISTER-PRESENT: a mistyped name passes for no removal."""

import pytest

from ceremony.core.register_rules import LeavingCase, register_present
from ceremony.errors import RefusedError


def test_a_registered_project_may_leave() -> None:
    """One of two."""
    register_present.check(LeavingCase(("demo",), frozenset({"demo", "other"})))


def test_a_project_that_is_not_registered_is_refused() -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        register_present.check(LeavingCase(("demo", "dmeo"), frozenset({"demo"})))

    assert (refusal.value.rule, "dmeo" in refusal.value.found) == ("REGISTER-PRESENT", True)
