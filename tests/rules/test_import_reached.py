"""IMPORT-REACHED: a target is imported from where clients look for it."""

import pytest

from ceremony.core.import_rules import ReachCase, import_reached
from ceremony.errors import RefusedError


def test_a_target_that_clients_find_is_taken() -> None:
    """Nothing stands against it."""
    import_reached.check(ReachCase("a/demo", "bins", is_reached=True))


def test_a_target_that_no_client_finds_is_refused() -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        import_reached.check(ReachCase("a/demo", "bins", is_reached=False))

    assert refusal.value.rule == "IMPORT-REACHED"
