"""Lines of a TOML text: a problem names the line where it stands."""

import pytest

from ceremony.core.toml_lines import line_of, lines_of

TEXT = """\
# a comment
format = 1

[window]  # when
opens = 2030-01-01T00:00:00Z
"closes" = 2030-01-02T00:00:00Z

[[keyholders]]
name = "ann"
note = \"\"\"
name = "a line inside a long text"
[window]
\"\"\"
[[keyholders]]  # the second
name = "bob"
roles = [
  "root",
]
[bins]
count = 2
count.x = 3
"""

LINES = {
    "format": 2,
    "window": 4,
    "window.opens": 5,
    "window.closes": 6,
    "keyholders[0]": 8,
    "keyholders[0].name": 9,
    "keyholders[0].note": 10,
    "keyholders[1]": 14,
    "keyholders[1].name": 15,
    "keyholders[1].roles": 16,
    "bins": 19,
    "bins.count": 20,
    "bins.count.x": 21,
}


@pytest.mark.parametrize(("field", "line"), LINES.items())
def test_every_table_and_field_has_its_line(field: str, line: int) -> None:
    """A field stands where a reader finds it, also after comments and texts of many lines."""
    assert line_of(lines_of(TEXT), field) == line


@pytest.mark.parametrize(
    ("field", "line"),
    [("window.lasts", 4), ("keyholders[1].device", 14), ("bins.style.deeper", 19), ("keyholders[7].name", None)],
)
def test_a_field_that_is_missing_stands_at_its_table(field: str, line: int | None) -> None:
    """What is not there is looked for at the nearest table around it."""
    assert line_of(lines_of(TEXT), field) == line


def test_a_field_without_any_table_around_it_has_no_line() -> None:
    """A text that begins with a comment says nothing of a field it lacks."""
    assert line_of(lines_of(TEXT), "repository") is None


def test_tables_written_inline_stand_at_the_line_of_their_list() -> None:
    """Inside `keyholders = [...]` the list's own line is the nearest there is."""
    assert line_of(lines_of('a = 1\nkeyholders = [{name = "ann"}]'), "keyholders[0].name") == 2


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x0c", "\r"])
def test_only_line_feeds_end_a_line(odd: str) -> None:
    """What Python takes for a line end, and TOML does not, moves no line."""
    assert line_of(lines_of(f'# a{odd}b\nid = "x"'), "id") == 2


def test_windows_line_ends_count_once() -> None:
    """A carriage return before the line feed changes no line number."""
    assert line_of(lines_of("[bins]\r\ncount = 2\r\n"), "bins.count") == 2
