"""PATH-LENGTH: a path is not too long."""

import pytest

from ceremony.core.request_rules import path_length
from ceremony.errors import RefusedError


def test_a_name_of_190_bytes_is_taken() -> None:
    """With the hash before it, it has 255 bytes."""
    path_length.check("x" * 190)


def test_a_name_of_191_bytes_is_refused() -> None:
    """With the hash before it, no file system takes it."""
    case = "x" * 191

    with pytest.raises(RefusedError) as refusal:
        path_length.check(case)

    assert refusal.value.rule == "PATH-LENGTH"
