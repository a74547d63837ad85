"""A ceremony that was given up: marked in its transcript, and refused wherever the mark is seen."""

from dataclasses import dataclass

from ceremony.core.rules import Objection, RuleBook
from ceremony.core.tally import Standing
from ceremony.core.transcript import Entry, Transcript

WITHDREW = "withdrew ceremony"
"""The action of the entry that marks a ceremony as given up."""


@dataclass(frozen=True, slots=True)
class WithdrawalCase:
    """A ceremony that is to be given up: its record, and how each of its quorums stands; none before the draft."""

    transcript: Transcript
    standings: tuple[Standing, ...] = ()


STANDING_RULES: RuleBook[Transcript] = RuleBook()
WITHDRAWAL_RULES: RuleBook[WithdrawalCase] = RuleBook()


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
def withdrawn_early(case: WithdrawalCase) -> None:
    """Only a ceremony is withdrawn that has exported no release, and lacks signatures that a release needs."""
    if is_exported(case.transcript):
        raise Objection("a ceremony whose release was exported", "one that has none yet")
    if case.standings and all(each.is_complete for each in case.standings):
        raise Objection("a ceremony that has every signature it needs", "one that lacks some")


def is_exported(transcript: Transcript) -> bool:
    """True when a release was written, or may have been: its writing began, and no error was told of it."""
    entries = transcript.entries
    results_after = [*(each.result for each in entries[1:]), ""][: len(entries)]
    return any(
        each.action == "exported" or (each.action == "export" and after != "refused")
        for each, after in zip(entries, results_after, strict=True)
    )
