"""The questions about what clients ask before bins: which roles, for which paths, and who signs them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from ceremony.cli.plan_answers import flag, names, one_of, whole_number
from ceremony.cli.plan_questions import PlanQuestion
from ceremony.core.plan import Delegation, Plan
from ceremony.core.plan_before_bins import signed_online, with_names, with_reach, with_signers
from ceremony.core.policy import DELEGATED_ROLE, RESERVED_ROLES

Settle = Callable[[Plan], Plan]
"""Makes a plan whole again after an answer: what has to be signed because of it is signed."""

_ONLINE = "online"


def delegations_question(settle: Settle) -> PlanQuestion:
    """Which roles do clients ask before bins?"""
    return PlanQuestion(
        "Delegations before the bins (names in order, with commas, or - for none)",
        "Clients ask these roles for a path before they ask bins, one after the other. Whoever is left out is asked no "
        "longer. PEP 480 has two: claimed, for projects whose keys keyholders have signed, and recently-claimed after "
        "it, for projects that wait for the next ceremony. Most repositories begin with none.",
        lambda plan: ", ".join(each.name for each in plan.delegations) or "-",
        lambda plan, text: settle(with_names(plan, _role_names(text))),
    )


def questions_about(name: str, settle: Settle, *, may_come: bool) -> Iterator[PlanQuestion]:
    """The questions about one of them; who signs it may be somebody who comes, or one of those who are there."""
    yield _paths(name, settle)
    yield _terminating(name, settle)
    yield _signers(name, settle, may_come=may_come)


def threshold_question(name: str, settle: Settle) -> PlanQuestion:
    """How many keyholders have to sign this delegation?"""

    def change(plan: Plan, text: str) -> Plan:
        count = whole_number(text, 1, len(plan.holders_of(name)))
        return settle(replace(plan, thresholds={**plan.thresholds, name: count}))

    return PlanQuestion(
        f"How many have to sign {name}",
        "Fewer signatures than this do not count, and whoever holds this many devices decides. At least two.",
        lambda plan: str(plan.thresholds[name]),
        change,
    )


def claims_question(settle: Settle) -> PlanQuestion:
    """Which delegation do the projects enter or leave?"""

    def change(plan: Plan, text: str) -> Plan:
        if plan.claims is None:
            return plan
        role = one_of(text, [each.name for each in plan.delegations if not each.is_online])
        return settle(replace(plan, claims=replace(plan.claims, role=role)))

    return PlanQuestion(
        "Which delegation the projects enter or leave",
        "A delegation that keyholders sign: it hands each project its own paths, which the project signs itself.",
        lambda plan: plan.claims.role if plan.claims else "-",
        change,
    )


def _role_names(text: str) -> tuple[str, ...]:
    found = names(text)
    if any(not re.fullmatch(DELEGATED_ROLE, each) or re.fullmatch(RESERVED_ROLES, each) for each in found):
        raise ValueError("names of their own: small letters, digits, single dashes; not those of other roles")
    return found


def _paths(name: str, settle: Settle) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        paths = () if text == "-" else tuple(text.split())
        return settle(with_reach(plan, name, paths, is_terminating=_of(plan, name).is_terminating))

    return PlanQuestion(
        f"Paths that {name} is asked for (patterns with spaces, or - for every path)",
        "A pattern such as files/demo/* matches what lies in that folder, and nothing below it: a star never reaches "
        "across a slash. Each project may have a folder of its own.",
        lambda plan: " ".join(_of(plan, name).paths) or "-",
        change,
    )


def _terminating(name: str, settle: Settle) -> PlanQuestion:
    return PlanQuestion(
        f"Does the search for these paths end at {name}? (yes or no)",
        "With yes, clients ask nobody after it for such a path: what it does not list is nowhere. With no, they go on "
        "to the next one, and at last to bins.",
        lambda plan: "yes" if _of(plan, name).is_terminating else "no",
        lambda plan, text: settle(with_reach(plan, name, _of(plan, name).paths, is_terminating=flag(text))),
    )


def _signers(name: str, settle: Settle, *, may_come: bool) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        if text == _ONLINE:
            return settle(signed_online(plan, name))
        people = names(text)
        there = [each.name for each in plan.keyholders]
        if not people or (not may_come and not {*people} <= {*there}):
            raise ValueError(f"online, or some of {', '.join(there)}")
        return settle(with_signers(plan, name, people))

    also = " Somebody who was not there before comes, with a device of their own." if may_come else ""
    return PlanQuestion(
        f"Who signs {name} (online, or names with commas)",
        f"Keyholders sign it in ceremonies, or the online signer signs it with its key, at any time.{also}",
        lambda plan: (
            _ONLINE if _of(plan, name).is_online else ", ".join(each.name for each in plan.holders_of(name)) or "-"
        ),
        change,
    )


def _of(plan: Plan, name: str) -> Delegation:
    return next(each for each in plan.delegations if each.name == name)
