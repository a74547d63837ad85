"""The rules that a roster keeps before anything is drafted from it: whose key is whose is beyond doubt."""

from dataclasses import dataclass

from ceremony.core.plan import Plan
from ceremony.core.roster import Roster
from ceremony.core.rules import Objection, RuleBook


@dataclass(frozen=True, slots=True)
class EnrolmentCase:
    """A plan, and the roster of those who were enrolled for it."""

    plan: Plan
    roster: Roster


ENROLMENT_RULES: RuleBook[EnrolmentCase] = RuleBook()


@ENROLMENT_RULES.rule("ENROLMENT-COMPLETE", "the plan states who signs; a threshold counts people")
def enrolment_complete(case: EnrolmentCase) -> None:
    """Every keyholder of the plan is enrolled, and nobody twice."""
    names = [each.keyholder for each in case.roster.enrolments]
    missing = [holder.name for holder in case.plan.keyholders if holder.name not in names]
    if missing:
        raise Objection(f"no key yet of {', '.join(missing)}", "a key of every keyholder")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Objection(f"two enrolments of {twice[0]}", "one enrolment for each keyholder")


@ENROLMENT_RULES.rule("KEY-UNIQUE", "TUF 4.2.1: a threshold counts different keys")
def key_unique(case: EnrolmentCase) -> None:
    """No two keyholders hold the same key."""
    keyids = [each.keyid for each in case.roster.enrolments]
    holders = [each.keyholder for each in case.roster.enrolments if keyids.count(each.keyid) > 1]
    if holders:
        raise Objection(f"one key held by {' and '.join(holders)}", "a key of their own for each keyholder")
