"""Strict JSON: what is read, what is refused, and the one form in which it is written."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.formats import encode_canonical

from ceremony.core import strict_json
from ceremony.errors import TamperedError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)

HOSTILE = {
    "nothing": b"",
    "no UTF-8": b'"\xff"',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a duplicate key": b'{"a":1,"a":2}',
    "a duplicate key, escaped": b'{"a":1,"\\u0061":2}',
    "a duplicate key, deep": b'[{"b":{"a":1,"a":1}}]',
    "a float": b"1.5",
    "an exponent": b"1e3",
    "a float that is whole": b"1.0",
    "NaN": b"NaN",
    "Infinity": b"[Infinity]",
    "minus Infinity": b'{"a":-Infinity}',
    "two values": b"{}{}",
    "trailing data": b"{}x",
    "trailing NUL": b"{}\x00",
    "a raw control character": b'"a\x01b"',
    "a raw line end": b'"a\nb"',
    "a text without an end": b'{"a":"b',
    "an escape without an end": b'"a\\',
    "an open list": b"[1,",
    "a comma too many": b"[1,]",
    "a comment": b"{}//",
    "single quotes": b"{'a':1}",
    "a leading zero": b"01",
    "half a surrogate pair": b'"\\ud800"',
    "half a surrogate pair in a key": b'{"\\udfff":1}',
    "a number of 5000 digits": b"1" * 5000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_anything_but_strict_json_is_refused(data: bytes) -> None:
    """Input that is not one strict JSON value is tampered with, whatever its fault."""
    with pytest.raises(TamperedError) as refused:
        strict_json.decode(data, "here")
    assert refused.value.where == "here"


@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_sixteen_levels_are_read_and_seventeen_are_not(opens: bytes, closes: bytes) -> None:
    """Nesting is read down to DEPTH_MAX levels."""
    depth = strict_json.DEPTH_MAX
    strict_json.decode(opens * depth + b"1" + closes * depth, "here")
    with pytest.raises(TamperedError, match="too deep"):
        strict_json.decode(opens * (depth + 1) + b"1" + closes * (depth + 1), "here")


def test_many_brackets_beside_one_another_are_no_nesting() -> None:
    """Only those that are open at once count."""
    assert strict_json.decode(b"[" + b",".join([b"[{}]"] * 40) + b"]", "here") == [[{}]] * 40


@given(st.text('[]{}",', max_size=100) | st.text('[]{}"\\', max_size=100))
def test_however_brackets_and_quotes_stand_those_open_at_once_are_counted(text: str) -> None:
    """Also where they do not fit each other, which the decoder would refuse, but maybe only once it is that deep."""
    deepest = depth = 0
    is_text = is_escaped = False
    for each in "[" * 14 + text:
        if is_escaped or each not in '[]{}"\\':
            is_escaped = False
        elif each == '"':
            is_text = not is_text
        elif is_text:
            is_escaped = each == "\\"
        elif each != "\\":
            depth += 1 if each in "[{" else -1
            deepest = max(deepest, depth)

    with pytest.raises(TamperedError) as caught:
        strict_json.decode(b"," + b"[" * 14 + text.encode(), "here")

    assert (caught.value.what == "nested too deep") == (deepest > strict_json.DEPTH_MAX)


def test_a_byte_order_mark_is_named() -> None:
    """Whoever saved a file with one reads what to leave out."""
    with pytest.raises(TamperedError, match="BOM"):
        strict_json.decode(b"\xef\xbb\xbf{}", "here")


def test_brackets_inside_a_text_are_no_nesting() -> None:
    """Brackets, quotes and backslashes inside a text do not count as levels."""
    text = '[{"\\' * 40
    assert strict_json.decode(json.dumps(text).encode(), "here") == text


@pytest.mark.parametrize("data", [b"[" * 500_000, b'{"a":' * 200_000, b'"' + b'\\"' * 500_000, b'"' * 1_000_001])
def test_hostile_input_is_refused_at_once(data: bytes) -> None:
    """The time to refuse grows with the length of the input, not with its square."""
    began = time.process_time()
    with pytest.raises(TamperedError):
        strict_json.decode(data, "here")
    assert time.process_time() - began < 2


def test_a_surrogate_pair_is_one_character() -> None:
    """Both halves of a pair together are read as the character they make."""
    assert strict_json.decode(b'"\\ud83d\\ude00"', "here") == "\U0001f600"


@given(VALUES)
def test_what_is_written_is_read_again(value: strict_json.Json) -> None:
    """A value survives writing and reading as a file."""
    assert strict_json.decode(strict_json.encode_file(value), "here") == value


@given(VALUES)
def test_the_canonical_form_is_read_again(value: strict_json.Json) -> None:
    """A value survives its canonical form, control characters and all."""
    assert strict_json.decode_canonical(strict_json.encode(value), "here") == value


@given(VALUES)
def test_the_canonical_form_is_the_one_of_securesystemslib(value: strict_json.Json) -> None:
    """The bytes that are hashed and signed are those of securesystemslib."""
    assert strict_json.encode(value) == (encode_canonical(value) or "").encode()


@given(VALUES)
def test_a_file_and_its_canonical_form_hold_the_same_value(value: strict_json.Json) -> None:
    """What stands in a file is the canonical form with its control characters escaped, as any parser reads it."""
    found = strict_json.encode_file(value)
    assert json.loads(found) == value
    assert found == strict_json.embedded(strict_json.encode(value))


@given(TEXTS.filter(str.isprintable))
def test_without_control_characters_the_two_forms_are_one(text: str) -> None:
    """Only control characters make a file differ from the canonical form."""
    assert strict_json.encode_file({text: text}) == strict_json.encode({text: text})
