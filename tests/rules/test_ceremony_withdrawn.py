"""CEREMONY-WITHDRAWN: a ceremony that was given up is over, wherever the mark is seen."""

from fakes.cases import refusal
from fakes.people import NOW

from ceremony.core.transcript import Entry, Transcript
from ceremony.core.withdrawal import WITHDREW, ceremony_withdrawn, withdrawal

BEGUN = Transcript().add(Entry(NOW, "check", "", "began", "The ceremony begins."))
MARK = Entry(NOW, "withdraw", "", WITHDREW, "The ceremony is withdrawn: ann lost her device.")


def test_a_ceremony_that_goes_on_passes() -> None:
    """An enrolment that was withdrawn is something else."""
    ceremony_withdrawn.check(BEGUN)
    ceremony_withdrawn.check(
        BEGUN.add(Entry(NOW, "enrol ann", "ann", "withdrew", "The enrolment of ann is withdrawn."))
    )
    assert withdrawal(BEGUN) is None


def test_one_that_bears_the_mark_is_refused() -> None:
    """With the reason that somebody gave, whatever was recorded after it."""
    marked = BEGUN.add(MARK).add(Entry(NOW, "check", "", "resumed", "The ceremony goes on from its bundle."))
    found = refusal(ceremony_withdrawn, marked)
    assert "ann lost her device" in found.found
    assert withdrawal(marked) == MARK
