"""Transcripts of other places stand under their heads, and only where the ceremony's own transcript names them."""

import pytest
from fakes.people import NOW

from ceremony.core.other_records import decode_other_records, encode_other_records, is_about
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


PLAN, WORDS = "a" * 64, "b" * 64


def about(*plans: str, reviews: tuple[str, ...] = (WORDS,), action: str = "reviewed") -> Transcript:
    """The record of a sitting over these plans, with these reviews."""
    found = Transcript()
    for plan in plans:
        found = found.add(Entry(NOW, "check", "", "resumed", "", inputs={"plan": plan}))
    for review in reviews:
        found = found.add(Entry(NOW, "review", "", action, "", outputs={"fingerprint": review}))
    return found


@pytest.mark.parametrize("record", [about(PLAN), about(PLAN, PLAN), about(PLAN, reviews=("c" * 64, WORDS))])
def test_a_record_is_about_the_plan_and_the_review_that_it_names(record: Transcript) -> None:
    """However often it was gone on with, and whatever was reviewed before."""
    assert is_about(record, PLAN, WORDS)


@pytest.mark.parametrize(
    "record",
    [
        Transcript(),
        about(),
        about("c" * 64),
        about(PLAN, "c" * 64),
        about(PLAN, reviews=()),
        about(PLAN, reviews=("c" * 64,)),
        about(PLAN, action="drafted"),
    ],
)
def test_a_record_of_anything_else_is_not(record: Transcript) -> None:
    """Of nothing, of another plan too, of no review or another one."""
    assert not is_about(record, PLAN, WORDS)
