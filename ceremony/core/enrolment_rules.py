"""The rules that a roster keeps before anything is drafted from it: whose key is whose is beyond doubt."""

from dataclasses import dataclass

from ceremony.core.before import Before
from ceremony.core.listed_keys import public_half
from ceremony.core.plan import Keyholder, Plan
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.rules import Objection, RuleBook


@dataclass(frozen=True, slots=True)
class EnrolmentCase:
    """A plan, the roster of those who were enrolled for it, and what the ceremony follows; None in an initial one."""

    plan: Plan
    roster: Roster
    before: Before | None = None


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
    # What others wrote into a key gives it another keyid, and no other private half.
    keys = [public_half(each.key) for each in case.roster.enrolments]
    holders = [each.keyholder for each, key in zip(case.roster.enrolments, keys, strict=True) if keys.count(key) > 1]
    if holders:
        raise Objection(f"one key held by {' and '.join(holders)}", "a key of their own for each keyholder")


def is_proved(holder: Keyholder, enrolment: Enrolment, before: Before | None) -> bool:
    """Whether this is the key that the keyholder keeps, and it was proved in a ceremony before.

    A key that others made trusted has proved nothing to us: KEY-KEPT looks whether it is trusted, and no more.
    """
    is_known = before is not None and before.holder_of(enrolment.keyid) is not None
    return is_known and enrolment.keyid == holder.keyid
