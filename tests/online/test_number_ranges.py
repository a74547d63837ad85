"""Ranges of numbers stand for the numbers, whatever the order in which they came."""

from hypothesis import given
from hypothesis import strategies as st

from ceremony.online.number_ranges import decode_numbers, numbers_of

SETS = st.lists(st.integers(1, 60))


@given(SETS)
def test_ranges_hold_each_number_once(numbers: list[int]) -> None:
    """In order; written and read they are the same."""
    found = numbers_of(numbers)

    assert [*found] == sorted(set(numbers))
    assert len(found) == len(set(numbers))
    assert decode_numbers(found.encode()) == found


@given(SETS, SETS)
def test_two_sets_join(first: list[int], second: list[int]) -> None:
    """As sets do."""
    assert numbers_of(first) | numbers_of(second) == numbers_of([*first, *second])


def test_what_was_made_at_once_is_short() -> None:
    """A hundred thousand of them."""
    assert numbers_of([*range(7, 100_007), 3]).encode() == "3 7-100006"
