"""VERSION-FORWARD: no version goes back."""

import pytest
from fakes.release import ONLINE, delivery_case, online_key, release, successor

from ceremony.core.delivery_rules import version_forward
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_a_later_bins_is_taken() -> None:
    """Bins 2 follows bins 1."""
    version_forward.check(delivery_case(successor(FIRST, "bins"), trusted=FIRST))


def test_an_older_bins_is_refused() -> None:
    """Bins 1 comes after bins 2."""
    case = delivery_case(FIRST, trusted=successor(FIRST, "bins"))

    with pytest.raises(RefusedError) as refusal:
        version_forward.check(case)

    assert refusal.value.rule == "VERSION-FORWARD"
