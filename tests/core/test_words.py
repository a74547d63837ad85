"""Digests as words: the PGP word list, heard and typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.words import same_words, words_of

EVERY_BYTE = bytes(range(256))
TWO = words_of(bytes(byte for each in range(256) for byte in (each, 0)))[::2]
THREE = words_of(bytes(byte for each in range(256) for byte in (0, each)))[1::2]

FINGERPRINT = bytes.fromhex("E58294F2E9A227486E8B061B31CC528FD7FA3F19")
"""The example of Zimmermann's own page on the list, with the words that he gives for it."""
SPOKEN = (
    "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa "
    "afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless"
)


def bytes_of(words: tuple[str, ...]) -> bytes:
    """The bytes that these words stand for."""
    return bytes((TWO, THREE)[place % 2].index(word) for place, word in enumerate(words))


def test_the_words_are_those_of_the_pgp_word_list() -> None:
    """A published fingerprint reads as it was published."""
    assert words_of(FINGERPRINT) == tuple(SPOKEN.split())


def test_every_byte_has_two_words_of_its_own() -> None:
    """The two lists have 256 words each, and no word stands twice in either or in both."""
    words = {word.casefold() for word in (*TWO, *THREE)}
    assert len(words) == 2 * len(EVERY_BYTE)


@given(st.binary(max_size=64))
def test_words_lead_back_to_their_bytes(digest: bytes) -> None:
    """Different digests have different words."""
    assert bytes_of(words_of(digest)) == digest


@given(st.binary(min_size=2, max_size=32))
def test_a_word_left_out_is_noticed(digest: bytes) -> None:
    """Words of two and of three syllables alternate, so the rest of the line fits no more."""
    words = words_of(digest)
    assert not {*words[::2]} & {*words[1::2]}


@pytest.mark.parametrize("typed", ["topmost Istanbul", "TOPMOST  istanbul ", "\ttopmost\nIstanbul"])
def test_case_and_spacing_do_not_matter(typed: str) -> None:
    """People type words as they like."""
    assert same_words(typed, ("topmost", "Istanbul"))


@pytest.mark.parametrize("typed", ["Yucatán", "yucatan", "YUCATÁN", "Yucata\u0301n"])
def test_accents_do_not_matter(typed: str) -> None:
    """The one word with an accent can be typed without it, or with it in either form."""
    assert same_words(typed, words_of(bytes([0, 255]))[1:])


@pytest.mark.parametrize(
    "typed", ["", "topmost", "Istanbul topmost", "topmost Istanbul Pluto", "topmostIstanbul", "topmost Istanbu1"]
)
def test_other_words_are_not_the_same(typed: str) -> None:
    """A word missing, swapped, added, joined or misspelt is noticed; so is nothing at all."""
    assert not same_words(typed, ("topmost", "Istanbul"))
