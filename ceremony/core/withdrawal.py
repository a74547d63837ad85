"""A ceremony that was given up: marked in its transcript, and refused wherever the mark is seen."""

from ceremony.core.rules import Objection, RuleBook
from ceremony.core.transcript import Entry, Transcript

WITHDREW = "withdrew ceremony"
"""The action of the entry that marks a ceremony as given up."""

STANDING_RULES: RuleBook[Transcript] = RuleBook()
WITHDRAWAL_RULES: RuleBook[Transcript] = RuleBook()


def withdrawal(transcript: Transcript) -> Entry | None:
    """The entry by which the ceremony was withdrawn, None if it was not."""
    return next((each for each in transcript.entries if each.action == WITHDREW), None)


@STANDING_RULES.rule("CEREMONY-WITHDRAWN", "an abandoned ceremony is marked, so that nobody finishes it by mistake")
def ceremony_withdrawn(case: Transcript) -> None:
    """Nobody goes on with a ceremony that was withdrawn: no sitting, no signature, no release."""
    entry = withdrawal(case)
    if entry is not None:
        raise Objection(f"a ceremony that was withdrawn: {entry.note.rstrip('.')}", "one that goes on")


@WITHDRAWAL_RULES.rule(
    "WITHDRAWN-EARLY", "TUF 5.3.5: what was published is replaced by a later version, never taken back"
)
def withdrawn_early(case: Transcript) -> None:
    """Only a ceremony that has exported no release is withdrawn."""
    if any(each.action == "exported" for each in case.entries):
        raise Objection("a ceremony whose release was exported", "one that has none yet")
