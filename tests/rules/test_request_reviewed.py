"""REQUEST-REVIEWED: nobody is asked to sign what nobody has agreed to."""

from fakes.cases import refusal
from fakes.people import NOW, reviewed

from ceremony.core.response_rules import SentCase, request_reviewed
from ceremony.core.review import fingerprint_of
from ceremony.core.transcript import Entry, Transcript

FILES = reviewed().draft.files
OTHERS = reviewed(id="another-root", repository="other.example.org").draft.files


def record(action: str, fingerprint: str) -> Transcript:
    """A transcript in which this was agreed to."""
    return Transcript().add(Entry(NOW, "review", "", action, "", outputs={"fingerprint": fingerprint}))


AGREED = record("reviewed", fingerprint_of(FILES).digest.hex())


def test_what_was_agreed_to_passes() -> None:
    """These very files, whatever was drafted before."""
    request_reviewed.check(SentCase(FILES, AGREED))


def test_a_ceremony_in_which_nothing_is_drafted_is_refused() -> None:
    """There is nothing to sign."""
    refusal(request_reviewed, SentCase((), AGREED))


def test_drafts_that_nobody_agreed_to_are_refused() -> None:
    """Others were agreed to, or they were only drafted, or nothing is on record at all."""
    for transcript in (
        record("reviewed", fingerprint_of(OTHERS).digest.hex()),
        record("drafted", fingerprint_of(FILES).digest.hex()),
        Transcript(),
    ):
        refusal(request_reviewed, SentCase(FILES, transcript))
