"""REGISTER-REPOSITORY: a batch is for one repository."""

import pytest
from fakes.claims import register_case

from ceremony.core.register_rules import register_repository
from ceremony.errors import RefusedError


def test_a_batch_for_this_repository_is_taken() -> None:
    """It names it."""
    register_repository.check(register_case())


def test_a_batch_for_another_repository_is_refused() -> None:
    """Its proofs are for that one."""
    with pytest.raises(RefusedError) as refusal:
        register_repository.check(register_case(named_repository="files.example.org"))

    assert refusal.value.rule == "REGISTER-REPOSITORY"
