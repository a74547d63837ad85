"""The questions about a ceremony that follows another: who comes, who leaves, and what is signed anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ceremony.cli.plan_answers import names, one_of, some_of, whole_number
from ceremony.cli.plan_delegation_questions import (
    claims_question,
    delegations_question,
    questions_about,
    threshold_question,
)
from ceremony.cli.plan_following import Following
from ceremony.cli.plan_questions import BINS_QUESTIONS, WINDOW_QUESTIONS, PlanQuestion, name_question
from ceremony.core.kept_plan import KINDS_AFTER
from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, decode_online_key
from ceremony.core.plan import EMERGENCY, Keyholder, OnlineKey, Plan
from ceremony.core.plan_after import with_ends
from ceremony.engine.disk import read_file
from ceremony.errors import CeremonyError

_DAYS_LIMIT = 10_000


def questions_after(following: Following, plan: Plan) -> tuple[PlanQuestion, ...]:
    """Every question, in order; a refresh has none about people, nor about anything else but dates."""
    about = {"rotation": _rotation, EMERGENCY: _rotation, "delegation": _delegation}
    return (
        *(() if plan.kind == EMERGENCY else (_kind(following),)),
        name_question(following.last.id),
        *WINDOW_QUESTIONS,
        *(about[plan.kind](following, plan) if plan.kind in about else ()),
        _roles(following),
        *(_days(following, role) for role in plan.expires),
    )


def _rotation(following: Following, plan: Plan) -> Iterator[PlanQuestion]:
    yield from _people(following, plan)
    yield _next_key(following)
    if plan.online_key != following.last.online_key:
        yield from _bins(following)


def _delegation(following: Following, plan: Plan) -> Iterator[PlanQuestion]:
    """Where projects enter a delegation that is there, nothing else is asked: that is routine."""
    offline = [each.name for each in plan.delegations if not each.is_online]
    is_routine = following.changes_projects and any(not each.is_online for each in following.last.delegations)
    if not is_routine:
        yield delegations_question(following.resigned)
        for each in plan.delegations:
            yield from questions_about(each.name, following.resigned, may_come=True)
            yield from () if each.is_online else (threshold_question(each.name, following.resigned),)
        for name in following.coming(plan):
            yield _device(f"Serial of the device of {name}, or - for any", name)
        yield from _bins(following)
    if plan.claims and len(offline) > 1:
        yield claims_question(following.resigned)


def _bins(following: Following) -> Iterator[PlanQuestion]:
    """Every answer says at once which roles have to be signed because of it."""
    for each in BINS_QUESTIONS:
        yield replace(each, answered=_resigned(following, each.answered))


def _resigned(following: Following, answered: Callable[[Plan, str], Plan]) -> Callable[[Plan, str], Plan]:
    return lambda plan, text: following.resigned(answered(plan, text))


def _people(following: Following, plan: Plan) -> Iterator[PlanQuestion]:
    """Whoever comes is asked for before anybody leaves, so that the thresholds can be reached at every moment."""
    yield _come(following)
    for name in following.coming(plan):
        yield _holder_roles(following, name)
        yield _device(f"Serial of the device of {name}, or - for any", name)
    yield _replace(following)
    for name in following.replaced(plan):
        yield _device(f"Serial of the new device of {name}, or - for any", name, following.device_now(name))
    yield from (threshold_question(role, following.resigned) for role in plan.offline_roles)
    yield _leave(following)


def _kind(following: Following) -> PlanQuestion:
    return PlanQuestion(
        f"What kind of ceremony ({' or '.join(KINDS_AFTER)})",
        "A rotation changes who signs: people, devices, how many have to sign, the online key. A refresh changes dates "
        "alone, and is refused if anything else is in it. A delegation changes what clients ask before bins, who signs "
        "that, or the bins, and signs no root. With another answer than before, these questions begin anew.",
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
        roles = some_of(text, plan.offline_roles)
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


def _next_key(following: Following) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        if text == _key_words(following, plan):
            return plan
        return following.resigned(replace(plan, online_key=_next_online_key(following, text)))

    return PlanQuestion(
        "File of the online signer's next key (online-key-next.json), or - to keep the key",
        "`ceremony-online rotate-key` writes it. From the day on which the new root is delivered, the signer signs "
        "with it, and the key that it has now signs nothing any more. With another key, bins may get other names too.",
        lambda plan: _key_words(following, plan),
        change,
    )


def _key_words(following: Following, plan: Plan) -> str:
    return "-" if plan.online_key == following.last.online_key else f"key {plan.online_key.keyid()[:16]}"


def _next_online_key(following: Following, text: str) -> OnlineKey:
    if text == "-":
        return following.last.online_key
    try:
        file = Path(text.replace("\0", "?")).expanduser()
        found = decode_online_key(read_file(file, ONLINE_KEY_SIZE_LIMIT), str(file))
    except (CeremonyError, RuntimeError):
        raise ValueError("the path of a key file, whole and proved, as the online signer writes it") from None
    if found.repository != following.last.repository:
        raise ValueError(f"a key for {following.last.repository}, and not for {found.repository}")
    return found.key


def _roles(following: Following) -> PlanQuestion:
    return PlanQuestion(
        "Which roles are signed anew",
        "At least those in which something changes; in a refresh those that end soon. Each gets its next "
        "version and a new end. What is not named stays as it is, and is not signed.",
        lambda plan: " ".join(plan.expires),
        lambda plan, text: following.signed(plan, some_of(text, plan.offline_roles)),
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
