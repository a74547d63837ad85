"""The time line: every row as wide as asked, every mark in its place, in letters that any terminal has."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes import dated_repository as lab
from fakes.people import NOW, drafted
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.forecast import Terms, forecast
from ceremony.core.time_line import BOX, LEGEND, WIDTH_FLOOR, name_width, time_line

FILES = drafted().files
LETTERS = {*" -=|+SEx<>0123456789"}
anytime = st.datetimes(timezones=st.just(UTC))


@given(anytime, st.integers(-5, 300), st.integers(0, 3650))
def test_every_line_is_as_wide_as_asked(now: datetime, width: int, lead: int) -> None:
    """Whatever the dates; nothing but ASCII; each role has one row, and its end is on it or at its edge."""
    found = forecast(FILES, now, Terms(lead))
    drawn = time_line(found, width)
    lines = [drawn.dates, drawn.ruler, *(row for _role, row in drawn.rows)]
    assert {len(line) for line in lines} == {max(width, WIDTH_FLOOR)}
    assert {*"".join(lines)} <= LETTERS
    assert [role for role, _row in drawn.rows] == [each.role for each in found.roles]
    assert all(sum(row.count(mark) for mark in "E<>") == 1 for _role, row in drawn.rows)


@given(st.integers(-300, 300), st.integers(1, 300), st.integers(40, 200))
def test_marks_stand_in_the_order_of_their_days(days: int, lead: int, width: int) -> None:
    """Now before what is ahead, behind what is over; the start before the end."""
    found = forecast(FILES, NOW + timedelta(days=days), Terms(lead))
    for each, (_role, row) in zip(found.roles, time_line(found, width).rows, strict=True):
        places = {mark: row.find(mark) for mark in "SE|"}
        if places["S"] >= 0 and places["E"] >= 0:
            assert places["S"] < places["E"]
        if places["|"] >= 0 and places["E"] >= 0:
            assert (places["|"] < places["E"]) is (each.state != "expired")


def test_the_same_moment_is_the_same_column_in_every_row() -> None:
    """So that rows can be compared."""
    drawn = time_line(forecast(FILES, NOW + timedelta(days=70)), 66)
    assert {row.index("|") for _role, row in drawn.rows} == {drawn.rows[0][1].index("|")}


def test_a_year_looks_like_this() -> None:
    """One picture says it all."""
    drawn = time_line(forecast(FILES, NOW + timedelta(days=70)), 66)
    assert [drawn.dates.rstrip(), drawn.ruler, *(row.rstrip() for _role, row in drawn.rows)] == [
        "2030-05      2030-07      2030-09      2030-11      2031-01",
        "+------------+------------+------------+------------+-------------",
        "  |-------------------------------------------------------S=====E",
        "  |----------------S=====E",
        "S=|===E",
    ]


def test_what_has_ended_is_crossed_out_up_to_now() -> None:
    """And what ended too long ago begins at the edge."""
    row = time_line(forecast(FILES, NOW + timedelta(days=130)), 66).rows[2][1].rstrip()
    assert row.strip("S=").startswith("Exxx")
    assert row.endswith("x|")
    old = lab.files(timestamp=NOW - timedelta(days=3000))
    assert time_line(forecast(old, NOW), 66).rows[-1][1].startswith("<")


def test_what_ends_years_from_now_is_beyond_the_edge() -> None:
    """Two years are shown."""
    rows = dict(time_line(forecast(lab.files(bins=NOW + timedelta(days=90)), NOW), 66).rows)
    assert rows["root"].endswith("->")
    assert "E" in rows["bins"]


@pytest.mark.parametrize("days", [1, 10, 40, 100, 200, 400, 700])
def test_the_ruler_has_dates_that_do_not_touch(days: int) -> None:
    """In days where the line is short, in months where it is long; at least two of them."""
    ends = dict.fromkeys(("root", "targets", "bins"), NOW + timedelta(days=days))
    drawn = time_line(forecast(lab.files(**ends), NOW), 60)
    dates = drawn.dates.split()
    assert len(dates) == drawn.ruler.count("+") >= 2
    assert dates == sorted(dates) or days < 60
    for date in dates:
        assert drawn.ruler[drawn.dates.index(date)] == "+"


@pytest.mark.parametrize("now", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_clock_at_the_end_of_the_calendar_is_no_trouble(now: datetime) -> None:
    """What would lie beyond it has no date."""
    drawn = time_line(forecast(FILES, now), 60)
    assert len(drawn.dates) == len(drawn.ruler) == 60


def test_a_line_too_narrow_for_dates_has_none() -> None:
    """Rather none than some that run into each other."""
    drawn = time_line(forecast(FILES, lab.moment("2028-12-31T00:00:00"), Terms(3650)), WIDTH_FLOOR)
    assert (drawn.dates, drawn.ruler) == (" " * WIDTH_FLOOR, "-" * WIDTH_FLOOR)


def test_the_legend_fits_beside_the_names_on_the_smallest_screen() -> None:
    """Eighty columns, less what a page leaves free."""
    assert len(LEGEND) + name_width(forecast(lab.files(), NOW)) <= 74
    assert LEGEND.isascii()
    assert len(LEGEND.translate(BOX)) == len(LEGEND)
