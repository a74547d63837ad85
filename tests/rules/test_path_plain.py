"""PATH-PLAIN: a path is plain text."""

import pytest

from ceremony.core.request_rules import path_plain
from ceremony.errors import RefusedError


def test_letters_of_any_language_are_taken() -> None:
    """Umlauts are plain text."""
    path_plain.check("größe/demo-1.0.tar.gz")


def test_a_line_end_is_refused() -> None:
    """Canonical JSON would write it raw."""
    case = "demo\n.tar.gz"

    with pytest.raises(RefusedError) as refusal:
        path_plain.check(case)

    assert refusal.value.rule == "PATH-PLAIN"
