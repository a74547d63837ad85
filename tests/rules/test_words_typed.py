"""WORDS-TYPED: whoever agrees has read the fingerprint."""

import pytest
from fakes.cases import refusal

from ceremony.core.review import Fingerprint
from ceremony.core.sitting_rules import WordsCase, words_typed

FOUND = Fingerprint(bytes(range(32)))


@pytest.mark.parametrize("number", range(16))
def test_the_two_words_that_were_asked_for_pass(number: int) -> None:
    """At every place, in any case."""
    place, words = FOUND.pair(number)
    words_typed.check(WordsCase(FOUND, place, " ".join(words).upper()))


@pytest.mark.parametrize("typed", ["", " ", "yes", "aardvark", "adviser aardvark", "aardvark adviser absurd"])
def test_anything_else_is_refused(typed: str) -> None:
    """Nothing, a yes, one word, both in the wrong order, one too many."""
    refusal(words_typed, WordsCase(FOUND, 1, typed))


@pytest.mark.parametrize("place", [-1, 0, 32, 33])
def test_a_place_without_two_words_is_refused(place: int) -> None:
    """Where there is nothing to read, typing nothing is no agreement."""
    typed = " ".join(FOUND.words[place - 1 : place + 1]) if place > 0 else ""
    refusal(words_typed, WordsCase(FOUND, place, typed))


def test_the_refusal_does_not_tell_the_words() -> None:
    """It is refused without saying what would be right: people read it from the page."""
    found = refusal(words_typed, WordsCase(FOUND, 1, "no idea"))
    assert not {*FOUND.words} & {*found.wanted.split(), *found.found.split()}
