"""Typed reading of tables: whatever cannot be read is one problem, and never a guess."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ceremony.core.fields import VISIBLE, Table
from ceremony.errors import Problem

Found = list[Problem]

NESTED: dict[str, object] = {}
for _level in range(5000):
    NESTED = {"a": NESTED}


def places(found: Found) -> list[str]:
    """Where the problems stand."""
    return [problem.field for problem in found]


def test_a_text_is_read_when_its_pattern_matches() -> None:
    """The text stands as it was written."""
    found: Found = []
    assert Table({"name": "ann"}, found).text("name", "[a-z]+", "small letters") == "ann"
    assert not found


@pytest.mark.parametrize("wrong", ["", "Ann", "ann\n", 5, None, True, ["ann"], {"a": 1}, b"ann"])
def test_any_other_text_is_one_problem(wrong: object) -> None:
    """A text of the wrong form or type is reported once, and a line end at its end is part of it."""
    found: Found = []
    Table({"name": wrong}, found).text("name", "[a-z]+", "small letters")
    assert places(found) == ["name"]


def test_a_missing_text_is_one_problem() -> None:
    """What is not there is reported once, with what would be right."""
    found: Found = []
    Table({}, found).text("name", "[a-z]+", "small letters")
    assert found == [Problem("name", "nothing", "small letters")]


def test_a_missing_text_with_a_default_is_the_default() -> None:
    """A default needs no pattern and no problem."""
    found: Found = []
    assert not Table({}, found).text("name", "[a-z]+", "small letters", "")
    assert not found


WRONG_NUMBERS = {
    "a truth value": True,
    "a float": 1.0,
    "a text": "1",
    "nothing": None,
    "one above 64 bits": 2**63,
    "one below 64 bits": -(2**63),
    "more digits than Python writes": 16**60_000,
    "a list of those": [16**60_000],
}


@pytest.mark.parametrize("wrong", WRONG_NUMBERS.values(), ids=WRONG_NUMBERS)
def test_only_a_whole_number_of_64_bits_is_a_number(wrong: object) -> None:
    """A truth value is no number, nor is one that Python cannot even write."""
    found: Found = []
    Table({"count": wrong}, found).number("count")
    assert places(found) == ["count"]


@pytest.mark.parametrize(("number", "is_good"), [(0, False), (1, True), (10, True), (11, False), (-5, False)])
def test_a_number_keeps_its_bounds(number: int, *, is_good: bool) -> None:
    """Both bounds belong to what is allowed."""
    found: Found = []
    Table({"hours": number}, found).number("hours", 1, 10)
    assert (not found) is is_good


def test_a_number_with_one_right_value_says_so() -> None:
    """A format is named, not a range."""
    found: Found = []
    Table({"format": 2}, found).number("format", 1, 1)
    assert found == [Problem("format", "2", "1")]


@pytest.mark.parametrize("wrong", [1, 0, "true", None])
def test_only_true_and_false_are_flags(wrong: object) -> None:
    """Nothing else stands for a truth value."""
    found: Found = []
    Table({"rehearsal": wrong}, found).flag("rehearsal")
    assert places(found) == ["rehearsal"]


@pytest.mark.parametrize("value", [True, False, None])
def test_a_flag_may_be_null_where_that_means_unknown(value: bool | None) -> None:  # noqa: FBT001  # a value as read
    """Null is an answer of its own, and the field counts as read."""
    found: Found = []
    table = Table({"made": value}, found)
    assert table.optional_flag("made") is value
    table.finish("a key")
    assert not found


def test_a_missing_flag_is_a_problem_even_where_null_is_allowed() -> None:
    """Saying nothing is not saying null."""
    found: Found = []
    Table({}, found).optional_flag("made")
    assert places(found) == ["made"]


NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("good", [NOON, NOON.astimezone(timezone(timedelta(0))), datetime(1, 1, 1, tzinfo=UTC)])
def test_a_utc_time_is_read(good: datetime) -> None:
    """Any spelling of UTC is UTC."""
    found: Found = []
    read = Table({"opens": good}, found).instant("opens")
    assert (read, read.tzinfo) == (good, UTC)
    assert not found


WRONG_TIMES = {
    "no zone": NOON.replace(tzinfo=None),
    "another zone": NOON.astimezone(timezone(timedelta(hours=2))),
    "parts of a second": NOON.replace(microsecond=1),
    "a date": date(2030, 1, 1),
    "a text": "2030-01-01T12:00:00Z",
    "year one in another zone": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
}


@pytest.mark.parametrize("wrong", WRONG_TIMES.values(), ids=WRONG_TIMES)
def test_any_other_time_is_one_problem(wrong: object) -> None:
    """Times are UTC at whole seconds; nothing is converted silently."""
    found: Found = []
    Table({"opens": wrong}, found).instant("opens")
    assert places(found) == ["opens"]


def test_texts_come_in_the_order_of_what_is_allowed() -> None:
    """The order in which people write a list does not matter."""
    found: Found = []
    assert Table({"roles": ["bins", "root"]}, found).texts("roles", ("root", "targets", "bins")) == ("root", "bins")
    assert not found


@pytest.mark.parametrize(
    "wrong", [[], ["root", "root"], ["snapshot"], [1], [["root"]], [{}], "root", None, {"root": 1}]
)
def test_any_other_list_of_texts_is_one_problem(wrong: object) -> None:
    """An empty list, a repetition, an unknown word or something else altogether is reported once."""
    found: Found = []
    Table({"roles": wrong}, found).texts("roles", ("root", "targets"))
    assert places(found) == ["roles"]


def test_a_mapping_is_read_as_it_stands() -> None:
    """Its fields are the reader's business."""
    found: Found = []
    assert Table({"key": {"a": 1}}, found).mapping("key") == {"a": 1}
    assert not found


def test_problems_inside_a_table_name_their_place() -> None:
    """A dotted path leads to the field."""
    found: Found = []
    table = Table({"window": {"opens": 5}, "keyholders": [{}, {"name": 5}]}, found)
    table.table("window").instant("opens")
    for each in table.tables("keyholders"):
        each.text("name", "[a-z]+", "a name")
    assert places(found) == ["window.opens", "keyholders[0].name", "keyholders[1].name"]


@pytest.mark.parametrize("wrong", [[], {}, "ann", None])
def test_a_list_without_tables_is_one_problem(wrong: object) -> None:
    """At least one table is wanted, and it is said once."""
    found: Found = []
    assert Table({"keyholders": wrong}, found).tables("keyholders") == ()
    assert places(found) == ["keyholders"]


def test_what_is_no_table_in_a_list_is_a_problem_of_its_own() -> None:
    """The other tables of the list are read on."""
    found: Found = []
    assert len(Table({"keyholders": [{}, 5, {}]}, found).tables("keyholders")) == 2
    assert places(found) == ["keyholders[1]"]


def test_whatever_was_not_read_is_unknown() -> None:
    """A field that nobody asked for is a problem, and what is known is listed."""
    found: Found = []
    table = Table({"name": "ann", "nmae": 5}, found)
    table.text("name", ".*", "a name")
    table.finish("a keyholder")
    assert found == [Problem("nmae", "an unknown field", "only fields that a keyholder has: name")]


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb", "\u202eabc", "\x7f"])
def test_a_field_cannot_write_to_the_screen(name: str) -> None:
    """Names that hold control characters are shown escaped."""
    found: Found = []
    Table({name: 1}, found).finish("a plan")
    assert found[0].field.isprintable()


@pytest.mark.parametrize("name", ["x" * 250_000, "\x1b" * 250_000, "a." * 99])
def test_a_name_is_shown_shortly(name: str) -> None:
    """A field that somebody called by a book fills no record with it."""
    found: Found = []
    Table({name: 1}, found, "keyholders[0]").finish("a keyholder")
    assert len(found[0].field) <= len("keyholders[0].") + 60


@pytest.mark.parametrize(
    "wrong",
    ["x" * 10_000, ["x"] * 10_000, NESTED, {"a": 16**60_000}],
    ids=["a long text", "a long list", "a deep table", "a huge number"],
)
def test_what_was_found_is_shown_shortly(wrong: object) -> None:
    """However much was found, a problem shows a line of it."""
    found: Found = []
    Table({"name": wrong}, found).text("name", "[a-z]", "a letter")
    assert len(found[0].found) <= 60


@pytest.mark.parametrize("lines", [["a"], ["a", "b", "a"]])
def test_lines_are_read_in_their_order(lines: list[str]) -> None:
    """The same one may come twice."""
    found: Found = []
    assert Table({"lines": lines}, found).lines("lines", "[a-z]", 3, "small letters") == (*lines,)
    assert not found


@pytest.mark.parametrize(
    "wrong", [[], ["a"] * 4, ["A"], ["a", "b\n"], ["a", 5], [None], [["a"]], "a", None, 5, {"a": "a"}]
)
def test_any_other_lines_are_one_problem(wrong: object) -> None:
    """None, too many, or one that is none."""
    found: Found = []
    assert Table({"lines": wrong}, found).lines("lines", "[a-z]", 3, "small letters") == ()
    assert {*places(found)} == {"lines"}


def test_missing_lines_are_a_problem() -> None:
    """They have no default."""
    found: Found = []
    assert Table({}, found).lines("lines", "[a-z]", 3, "small letters") == ()
    assert {*places(found)} == {"lines"}


def test_an_optional_table_may_be_null() -> None:
    """Null is said, and is not the same as nothing."""
    found: Found = []
    assert Table({"inner": None}, found).optional_table("inner") is None
    assert not found
    inner = Table({"inner": {"a": "b"}}, found).optional_table("inner")
    assert inner is not None
    assert inner.text("a", "b", "b") == "b"
    Table({}, found).optional_table("inner")
    Table({"inner": []}, found).optional_table("inner")
    assert places(found) == ["inner", "inner"]


HIDDEN = "\x00\x1f\x7f\x9b\u00ad\u061c\u180e\u200b\u200e\u2028\u202e\u2060\u2066\ufeff\ufff9\U000e0041"


@pytest.mark.parametrize("letter", HIDDEN)
def test_no_letter_that_steers_or_hides_is_visible(letter: str) -> None:
    """What is shown to people is what stands there."""
    assert not re.fullmatch(VISIBLE, letter)


@pytest.mark.parametrize("letter", "a0 \u00e9\u043a\u4e2d'\U00020000")
def test_letters_of_any_alphabet_are_visible(letter: str) -> None:
    """People write in their own."""
    assert re.fullmatch(VISIBLE, letter)
