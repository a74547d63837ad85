"""Transcripts of other places stand under their heads, and only where the ceremony's own transcript names them."""

import pytest
from fakes.people import NOW

from ceremony.core.other_records import decode_other_records, encode_other_records
from ceremony.core.transcript import Entry, Transcript
from ceremony.errors import TamperedError


def transcript(*notes: str) -> Transcript:
    """A transcript that says this."""
    found = Transcript()
    for note in notes:
        found = found.add(Entry(NOW, "check", "", "noted", note))
    return found


def naming(*others: Transcript) -> Transcript:
    """A transcript that names these."""
    found = Transcript()
    for other in others:
        found = found.add(Entry(NOW, "gather", "", "took response", "", inputs={"transcript": other.head}))
    return found


ONE, TWO = transcript("one"), transcript("two", "three")
BOTH = tuple(sorted((ONE, TWO), key=lambda each: each.head))


def test_what_is_written_is_read_again() -> None:
    """In the order of heads, whatever else lies beside."""
    files = {**encode_other_records((ONE, TWO)), "plan.toml": b""}
    assert decode_other_records(files, naming(ONE, TWO)) == BOTH
    assert decode_other_records({"plan.toml": b""}, naming(ONE)) == ()


def test_a_transcript_that_nobody_names_is_refused() -> None:
    """Somebody has put it there."""
    with pytest.raises(TamperedError):
        decode_other_records(encode_other_records((ONE, TWO)), naming(ONE))


def test_a_transcript_under_another_head_is_refused() -> None:
    """The name says what is in it."""
    (name,) = encode_other_records((ONE,))
    with pytest.raises(TamperedError):
        decode_other_records({name: TWO.encode()}, naming(ONE, TWO))


def test_a_transcript_whose_chain_is_broken_is_refused() -> None:
    """A byte of it was changed."""
    (name,) = encode_other_records((TWO,))
    with pytest.raises(TamperedError):
        decode_other_records({name: TWO.encode().replace(b"two", b"six")}, naming(TWO))
