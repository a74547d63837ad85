"""REGISTER-UNCLAIMED: what keyholders have claimed stays theirs."""

import pytest
from fakes.claims import project, register_case

from ceremony.core.register_rules import register_unclaimed
from ceremony.errors import RefusedError


def test_a_project_that_nobody_has_claimed_is_taken() -> None:
    """Another one is claimed."""
    register_unclaimed.check(register_case())


def test_a_claimed_project_is_refused() -> None:
    """With whatever keys."""
    with pytest.raises(RefusedError) as refusal:
        register_unclaimed.check(register_case(projects=(project("demo"), project("other", "demo"))))

    assert refusal.value.rule == "REGISTER-UNCLAIMED"
