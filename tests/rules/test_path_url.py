"""PATH-URL: a path means the same in a URL."""

import pytest

from ceremony.core.request_rules import path_url
from ceremony.errors import RefusedError


def test_harmless_characters_are_taken() -> None:
    """Clients ask for them as they stand."""
    path_url.check("a b+c~d.tar.gz")


def test_a_question_mark_is_refused() -> None:
    """A client would ask for another file."""
    case = "demo.tar.gz?x=1"

    with pytest.raises(RefusedError) as refusal:
        path_url.check(case)

    assert refusal.value.rule == "PATH-URL"
