"""DATABASE-MIGRATED: a database that several machines share gets its new tables when somebody asks for it."""

import pytest

from ceremony.core.signer_rules import MigrationCase, database_migrated
from ceremony.errors import RefusedError


def test_a_database_of_one_machine_may_be_migrated_by_the_way() -> None:
    """Its lock says that nobody else is at it."""
    database_migrated.check(MigrationCase("signer.db", is_shared=False))


def test_a_shared_database_is_refused() -> None:
    """Others may be using it as it is."""
    with pytest.raises(RefusedError) as refusal:
        database_migrated.check(MigrationCase("postgresql://db/ceremony", is_shared=True))

    assert refusal.value.rule == "DATABASE-MIGRATED"
