"""The questions about a ceremony that follows another: who comes, who leaves, and what is signed anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from ceremony.cli.plan_answers import names, one_of, some_of, whole_number
from ceremony.cli.plan_following import Following
from ceremony.cli.plan_questions import WINDOW_QUESTIONS, PlanQuestion, name_question
from ceremony.core.kept_plan import KINDS_AFTER
from ceremony.core.plan import Keyholder, Plan
from ceremony.core.plan_after import with_ends
from ceremony.core.policy import OFFLINE_ROLES

_DAYS_LIMIT = 10_000


def questions_after(following: Following, plan: Plan) -> tuple[PlanQuestion, ...]:
    """Every question, in order; a refresh has none about people."""
    return (
        _kind(following),
        name_question(following.last.id),
        *WINDOW_QUESTIONS,
        *(_people(following, plan) if plan.kind == "rotation" else ()),
        _roles(following),
        *(_days(following, role) for role in plan.expires),
    )


def _people(following: Following, plan: Plan) -> Iterator[PlanQuestion]:
    """Whoever comes is asked for before anybody leaves, so that the thresholds can be reached at every moment."""
    yield _come(following)
    for name in following.coming(plan):
        yield _holder_roles(following, name)
        yield _device(f"Serial of the device of {name}, or - for any", name)
    yield _replace(following)
    for name in following.replaced(plan):
        yield _device(f"Serial of the new device of {name}, or - for any", name, following.device_now(name))
    yield from (_threshold(following, role) for role in OFFLINE_ROLES)
    yield _leave(following)


def _kind(following: Following) -> PlanQuestion:
    return PlanQuestion(
        f"What kind of ceremony ({' or '.join(KINDS_AFTER)})",
        "A rotation changes who signs: people, devices, how many have to sign. A refresh changes dates alone, and is "
        "refused if anything else is in it. With another answer than before, these questions begin anew.",
        lambda plan: plan.kind,
        lambda plan, text: plan if one_of(text, KINDS_AFTER) == plan.kind else following.kept(text),
    )


def _come(following: Following) -> PlanQuestion:
    def come(plan: Plan, text: str) -> Plan:
        found = names(text)
        if {each.name for each in following.last.keyholders} & {*found}:
            raise ValueError("names of people who were not there before")
        return following.with_people(plan, found, following.replaced(plan), following.leaving(plan))

    return PlanQuestion(
        "Who comes (names with commas, or - for nobody)",
        "They sign from now on, each with a device of their own, on which a new key is made in the ceremony.",
        lambda plan: _listed(following.coming(plan)),
        come,
    )


def _replace(following: Following) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        gone = following.leaving(plan)
        found = _known(text, [each.name for each in following.last.keyholders if each.name not in gone])
        return following.with_people(plan, following.coming(plan), found, gone)

    return PlanQuestion(
        "Who gets another device (names with commas, or - for nobody)",
        "A new key is made on the new device. The key on the device that they have now may sign root a last time, and "
        "signs nothing after that.",
        lambda plan: _listed(following.replaced(plan)),
        change,
    )


def _leave(following: Following) -> PlanQuestion:
    def leave(plan: Plan, text: str) -> Plan:
        found = _known(text, [each.name for each in following.last.keyholders])
        staying = [name for name in following.replaced(plan) if name not in found]
        return following.with_people(plan, following.coming(plan), staying, found)

    return PlanQuestion(
        "Who leaves (names with commas, or - for nobody)",
        "Their keys sign nothing any more. If fewer keyholders stay than have to sign, go back with b: lower that "
        "number first, or let somebody come.",
        lambda plan: _listed(following.leaving(plan)),
        leave,
    )


def _holder_roles(following: Following, name: str) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        roles = some_of(text, OFFLINE_ROLES)
        return following.resigned(_changed(plan, name, lambda each: replace(each, roles=roles)))

    return PlanQuestion(
        f"Roles that {name} signs",
        "Root decides who signs anything at all; targets decides who signs bins; bins decides which key the online "
        "signer has.",
        lambda plan: next(" ".join(each.roles) for each in plan.keyholders if each.name == name),
        change,
    )


def _device(title: str, name: str, has_now: str = "") -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        if has_now and text == has_now:
            raise ValueError(f"another device than {has_now}, which {name} has now")
        return _changed(plan, name, lambda each: replace(each, device=text.strip("-")))

    return PlanQuestion(
        title,
        "The serial printed on the device: the ceremony then accepts no other one from this person. With a dash, "
        "whichever device is enrolled in the ceremony is the one.",
        lambda plan: next(each.device for each in plan.keyholders if each.name == name) or "-",
        change,
    )


def _threshold(following: Following, role: str) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        count = whole_number(text, 1, len(plan.keyholders))
        return following.resigned(replace(plan, thresholds={**plan.thresholds, role: count}))

    return PlanQuestion(
        f"How many have to sign {role}",
        "Fewer signatures than this do not count, and whoever holds this many devices decides. At least two.",
        lambda plan: str(plan.thresholds[role]),
        change,
    )


def _roles(following: Following) -> PlanQuestion:
    return PlanQuestion(
        "Which roles are signed anew",
        "In a rotation at least those in which something changes; in a refresh those that end soon. Each gets its next "
        "version and a new end. What is not named stays as it is, and is not signed.",
        lambda plan: " ".join(plan.expires),
        lambda plan, text: following.signed(plan, some_of(text, OFFLINE_ROLES)),
    )


def _days(following: Following, role: str) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        end = plan.window.closes + timedelta(days=whole_number(text, 1, _DAYS_LIMIT))
        return with_ends(plan, {**plan.expires, role: end})

    return PlanQuestion(
        f"Days that {role} {following.version(role)} lasts",
        "Counted from the moment by which the ceremony has to be over. Before these days have passed the keyholders "
        "meet again.",
        lambda plan: str((plan.expires[role] - plan.window.closes).days),
        change,
    )


def _known(text: str, there: Sequence[str]) -> tuple[str, ...]:
    found = names(text)
    if not {*found} <= {*there}:
        raise ValueError(f"some of {', '.join(there)}")
    return tuple(name for name in there if name in found)


def _listed(found: Sequence[str]) -> str:
    return ", ".join(found) or "-"


def _changed(plan: Plan, name: str, change: Callable[[Keyholder], Keyholder]) -> Plan:
    return replace(plan, keyholders=tuple(change(each) if each.name == name else each for each in plan.keyholders))
