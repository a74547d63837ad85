"""PATH-NORMAL: a path is in normal form C."""

import pytest

from ceremony.core.request_rules import path_normal
from ceremony.errors import RefusedError


def test_composed_letters_are_taken() -> None:
    """One code point for one letter."""
    path_normal.check("gr\u00f6\u00dfe")


def test_decomposed_letters_are_refused() -> None:
    """Two code points for one letter."""
    case = "gro\u0308\u00dfe"

    with pytest.raises(RefusedError) as refusal:
        path_normal.check(case)

    assert refusal.value.rule == "PATH-NORMAL"
