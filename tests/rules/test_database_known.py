"""DATABASE-KNOWN: a database that a later version of this program has changed is used by that version alone."""

import pytest

from ceremony.core.signer_rules import DatabaseCase, database_known
from ceremony.errors import RefusedError


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_revision_that_is_known_passes(revision: str) -> None:
    """The newest, and any before it."""
    database_known.check(DatabaseCase("signer.db", revision, "0002"))


@pytest.mark.parametrize("revision", ["0003", "9999", "", "3f2a", "00002"])
def test_another_revision_is_refused(revision: str) -> None:
    """By its name."""
    with pytest.raises(RefusedError) as refusal:
        database_known.check(DatabaseCase("signer.db", revision, "0002"))

    assert refusal.value.rule == "DATABASE-KNOWN"
    assert revision in refusal.value.found
