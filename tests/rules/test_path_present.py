"""PATH-PRESENT: a path is not empty."""

import pytest

from ceremony.core.request_rules import path_present
from ceremony.errors import RefusedError


def test_a_name_is_taken() -> None:
    """A name is a path."""
    path_present.check("demo.tar.gz")


def test_an_empty_path_is_refused() -> None:
    """Nothing is no path."""
    case = ""

    with pytest.raises(RefusedError) as refusal:
        path_present.check(case)

    assert refusal.value.rule == "PATH-PRESENT"
