"""PATH-RELATIVE: a path is relative and stays below the base URL."""

import pytest

from ceremony.core.request_rules import path_relative
from ceremony.errors import RefusedError


def test_folders_are_taken() -> None:
    """Named segments only."""
    path_relative.check("a/b/demo.tar.gz")


def test_a_way_out_is_refused() -> None:
    """Two dots lead out of the folder."""
    case = "a/../../etc/passwd"

    with pytest.raises(RefusedError) as refusal:
        path_relative.check(case)

    assert refusal.value.rule == "PATH-RELATIVE"
