"""Patterns of paths, judged beside what the real client takes for a match."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tuf.api.metadata import DelegatedRole

from ceremony.core.path_patterns import first_shared, holds, is_pattern, share

WORDS = ["".join(letters) for length in range(1, 6) for letters in product("ab", repeat=length)]
"""Every segment of up to five letters: long enough for the two ends of any two patterns below."""

SEGMENTS = ["".join(each) for length in (1, 2, 3) for each in product("ab*", repeat=length) if each.count("*") <= 1]
segments = st.sampled_from(SEGMENTS)
patterns = st.lists(segments, min_size=1, max_size=2).map("/".join)
wild = st.lists(st.sampled_from([*SEGMENTS, "?", "a?", "[ab]", "*a*"]), min_size=1, max_size=2).map("/".join)


def matched(pattern: str) -> set[str]:
    """Every path, of as many segments, that the real client takes for a match of the pattern."""
    found = [[word for word in WORDS if _is_match(word, segment)] for segment in pattern.split("/")]
    return {"/".join(each) for each in product(*found)}


def _is_match(path: str, pattern: str) -> bool:
    role = DelegatedRole("demo", [], 1, terminating=False, paths=[pattern])
    return role.is_delegated_path(path)


@given(patterns, patterns)
def test_two_patterns_share_a_path_where_some_path_matches_both(one: str, other: str) -> None:
    """Neither more nor less."""
    assert share(one, other) == share(other, one) == bool(matched(one) & matched(other))


@given(patterns, patterns)
def test_a_pattern_holds_another_where_it_matches_all_of_it(outer: str, inner: str) -> None:
    """Neither more nor less."""
    assert holds(outer, inner) == (matched(inner) <= matched(outer))


@given(wild, wild)
def test_what_strangers_wrote_is_rather_taken_for_shared(one: str, other: str) -> None:
    """Nothing that clients would find in two places is overlooked."""
    if matched(one) & matched(other):
        assert share(one, other)


@given(st.lists(st.tuples(st.sampled_from(["demo", "other", "third"]), patterns | wild), max_size=12))
def test_the_first_that_share_a_path_are_found_among_many(owned: list[tuple[str, str]]) -> None:
    """As if each had been compared with each; what one owner has twice is no clash."""
    clashes = [(one, two) for one, two in combinations(owned, 2) if one[0] != two[0] and share(one[1], two[1])]
    found = first_shared(owned)
    assert (found is None) == (clashes == [])
    if found is not None:
        assert found in clashes or found[::-1] in clashes


def test_thousands_in_one_folder_are_compared_at_once() -> None:
    """Each with those that begin as it does."""
    owned = [(f"project-{number}", f"files/project-{number:05}-*") for number in range(20_000)]
    assert first_shared(owned) is None
    assert first_shared([*owned, ("thief", "files/project-00700-x")]) is not None


@pytest.mark.parametrize(
    "pattern", ["files/demo/*", "demo-1.0.tar.gz", "a/b/c*d/e", "*", "~user/+x@y%z,(1)!=", "a" * 256]
)
def test_a_plain_pattern_is_taken(pattern: str) -> None:
    """With one star in a segment at most."""
    assert is_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "a**",
        "*a*",
        "a?",
        "a[b]",
        "../a",
        "a/..",
        "a/./b",
        ".",
        "..",
        "ä",
        "a b",
        "a\n",
        "a" * 257,
    ],
)
def test_whatever_clients_may_differ_in_is_not_taken(pattern: str) -> None:
    """Nor what is no normal path."""
    assert not is_pattern(pattern)


def test_names_with_dots_are_no_way_up() -> None:
    """Only the two that mean a folder are left out."""
    assert is_pattern("files/..demo/.hidden")
