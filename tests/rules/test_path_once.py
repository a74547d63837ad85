"""PATH-ONCE: requests made together do not contradict one another."""

import pytest

from ceremony.core.request_rules import RequestCase, path_once
from ceremony.errors import RefusedError


def test_the_same_request_twice_is_taken() -> None:
    """They ask for the same."""
    path_once.check(RequestCase("demo", b"new", None, (("demo", b"new"),), has_delivery=True))


def test_two_contents_for_one_path_are_refused() -> None:
    """They ask for different contents."""
    case = RequestCase("demo", b"new", None, (("demo", b"other"),), has_delivery=True)

    with pytest.raises(RefusedError) as refusal:
        path_once.check(case)

    assert refusal.value.rule == "PATH-ONCE"
