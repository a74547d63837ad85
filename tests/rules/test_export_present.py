"""EXPORT-PRESENT: a batch holds at least one project."""

import pytest
from fakes.claims import project

from ceremony.core.register_rules import ExportCase, export_present
from ceremony.errors import RefusedError


def test_one_project_is_a_batch() -> None:
    """There is something to claim."""
    export_present.check(ExportCase((project("demo"),)))


def test_a_batch_of_nothing_is_refused() -> None:
    """A ceremony could do nothing with it."""
    with pytest.raises(RefusedError) as refusal:
        export_present.check(ExportCase(()))

    assert refusal.value.rule == "EXPORT-PRESENT"
