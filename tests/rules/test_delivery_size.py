"""DELIVERY-SIZE: every file is smaller than clients allow."""

import pytest
from fakes.release import ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import delivery_size
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_files_of_the_usual_size_are_taken() -> None:
    """A few kilobytes each."""
    delivery_size.check(delivery_case())


def test_a_huge_root_is_refused() -> None:
    """It is larger than the 512000 bytes that clients take."""
    case = delivery_case(altered(FIRST, "root", lambda root: root.update({"x-filler": "x" * 512_000})))

    with pytest.raises(RefusedError) as refusal:
        delivery_size.check(case)

    assert refusal.value.rule == "DELIVERY-SIZE"


def test_a_snapshot_of_too_many_names_is_refused() -> None:
    """What was listed once counts for ever."""
    many = {f"project-{number:060}": 1 for number in range(25_000)}

    with pytest.raises(RefusedError) as refusal:
        delivery_size.check(delivery_case(listed=many))

    assert refusal.value.found.startswith("snapshot of ")
