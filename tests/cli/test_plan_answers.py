"""What somebody types about a plan: a value, or what would be right."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.cli.plan_answers import flag, instant, names, one_of, some_of, whole_number
from ceremony.core.plan import instant_text
from ceremony.core.policy import OFFLINE_ROLES


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (lambda text: whole_number(text, 2, 50), "2", 2),
        (lambda text: whole_number(text, 2, 50), "50", 50),
        (instant, "2027-01-31T12:00:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        (flag, "Yes", True),
        (flag, "n", False),
        (names, "-", ()),
        (names, "", ()),
        (names, "ann", ("ann",)),
        (names, " cyd,ann b , -,", ("cyd", "ann b")),
        (lambda text: some_of(text, OFFLINE_ROLES), "bins,root", ("root", "bins")),
        (lambda text: some_of(text, OFFLINE_ROLES), " targets  targets ", ("targets",)),
        (lambda text: one_of(text, ("a", "b")), "b", "b"),
    ],
)
def test_what_means_something_is_read(read: Callable[[str], object], text: str, value: object) -> None:
    """As people write it."""
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "wanted"),
    [
        (lambda text: whole_number(text, 2, 50), "1", "a whole number from 2 to 50"),
        (lambda text: whole_number(text, 2, 50), "51", "a whole number from 2 to 50"),
        (lambda text: whole_number(text, 2, 50), "-3", "a whole number from 2 to 50"),
        (lambda text: whole_number(text, 2, 50), "\u0665", "a whole number from 2 to 50"),
        (lambda text: whole_number(text, 2, 50), "9" * 5000, "a whole number from 2 to 50"),
        (instant, "2027-01-31", "a UTC time such as"),
        (instant, "2027-02-31T12:00:00Z", "a UTC time such as"),
        (instant, "9999-12-31T23:59:59Z", "before the year 9000"),
        (flag, "", "yes or no"),
        (names, "ann, ann", "each name once"),
        (lambda text: some_of(text, OFFLINE_ROLES), "", "one or more of root, targets, bins"),
        (lambda text: some_of(text, OFFLINE_ROLES), "root;bins", "one or more of root, targets, bins"),
        (lambda text: one_of(text, ("a", "b")), "c", "a or b"),
    ],
)
def test_what_means_nothing_is_told_what_would_be_right(read: Callable[[str], object], text: str, wanted: str) -> None:
    """And never ends in anything else."""
    with pytest.raises(ValueError, match=wanted):
        read(text)


@given(st.datetimes(datetime(1000, 1, 1), datetime(8999, 12, 31)))  # noqa: DTZ001  # hypothesis wants its bounds naive
def test_every_moment_that_a_plan_writes_is_read_back(moment: datetime) -> None:
    """To the second."""
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    assert instant(instant_text(whole)) == whole


@given(st.text(), st.sampled_from([instant, flag, names, lambda text: some_of(text, OFFLINE_ROLES)]))
def test_no_line_ends_in_anything_but_a_value_or_advice(line: str, read: Callable[[str], object]) -> None:
    """Whatever somebody leans on."""
    try:
        read(line)
    except ValueError as unclear:
        assert str(unclear)  # noqa: PT017  # both ends are right
