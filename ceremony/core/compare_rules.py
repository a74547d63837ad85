"""The rules for bringing targets back to a record: somebody has decided on what came since, and it can be done."""

from dataclasses import dataclass

from ceremony.core.rules import Objection, RuleBook


@dataclass(frozen=True, slots=True)
class AddedCase:
    """So many targets that a record does not have; `is_decided` when somebody said what is to become of them.

    `astray` is the path of one that lies in another bin than its own and is to go, "" if there is none.
    """

    added: int
    is_decided: bool
    astray: str


ADDED_RULES: RuleBook[AddedCase] = RuleBook()


@ADDED_RULES.rule("COMPARE-ADDED", "a record is older than what is compared with it: what came since may be honest")
def compare_added(case: AddedCase) -> None:
    """What a record does not have is removed, or kept, because somebody said so."""
    if case.added and not case.is_decided:
        raise Objection(f"targets that the record does not have: {case.added}", "--added remove, or --added keep")


@ADDED_RULES.rule("COMPARE-PLACE", "TAP 15: a path has one bin, and a change request for it reaches no other")
def compare_place(case: AddedCase) -> None:
    """A target is removed from the bin that its path falls into."""
    if case.astray:
        raise Objection(f"{case.astray[:80]} in another bin than its own", "every target in the bin of its path")
