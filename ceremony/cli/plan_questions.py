"""The questions from which a new plan is made: each changes a plan that is whole at every moment."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ceremony.cli.plan_answers import flag, instant, one_of, whole_number
from ceremony.core.bins_advice import MOST_BINS
from ceremony.core.online_key import OnlineKeyFile
from ceremony.core.plan import HOURS_LIMIT, STYLES, Bins, Keyholder, Plan, Window, instant_text
from ceremony.core.policy import OFFLINE_ROLES, ONLINE_ROLES

KEYHOLDERS = 5
THRESHOLD = 3
DAYS = 365
WINDOW = timedelta(days=7)
HOURS = {"bin-n": 168, "snapshot": 24, "timestamp": 24}


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """One question: its words, what the plan says now, and the plan that an answer makes of it.

    `answered` raises ValueError, with what would be right, for an answer that means nothing.
    """

    title: str
    explain: str
    current: Callable[[Plan], str]
    answered: Callable[[Plan, str], Plan]
    shows_bins_advice: bool = False


def beginning(online: OnlineKeyFile, now: datetime) -> Plan:
    """The plan before the first question, for the repository and key of the online signer's file."""
    opens = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    closes = opens + WINDOW
    name = re.sub(r"[^a-z0-9]+", "-", online.repository.casefold()).strip("-")[:40]
    return Plan(
        id=f"{name}-{opens:%Y-%m}",
        kind="initial",
        repository=online.repository,
        is_rehearsal=False,
        window=Window(opens, closes),
        keyholders=tuple(Keyholder(f"keyholder {number}", OFFLINE_ROLES) for number in range(1, KEYHOLDERS + 1)),
        thresholds=dict.fromkeys(OFFLINE_ROLES, THRESHOLD),
        expires=dict.fromkeys(OFFLINE_ROLES, closes + timedelta(days=DAYS)),
        bins=Bins(MOST_BINS, "succinct"),
        lifetimes={role: timedelta(hours=HOURS[role]) for role in ONLINE_ROLES},
        online_key=online.key,
    )


def first_questions(plan: Plan) -> tuple[PlanQuestion, ...]:
    """The questions up to the delegations, in order; there is one pair for each keyholder that the plan has now."""
    people = (each for place in range(len(plan.keyholders)) for each in (_name(place), _device(place)))
    return (*_FIRST, *people, *_NUMBERS)


def name_question(is_taken: str = "") -> PlanQuestion:
    """What is the ceremony called? Not by the name `is_taken`."""
    return PlanQuestion(
        "Name of this ceremony",
        "Small letters, digits and dashes. It stands in the record and in every proof of possession, so that nothing "
        "made for one ceremony can be used in another.",
        lambda plan: plan.id,
        lambda plan, text: _rename(plan, text, is_taken),
    )


def _rename(plan: Plan, text: str, taken: str) -> Plan:
    if text == taken:
        raise ValueError("another name than that of the ceremony before")
    return replace(plan, id=text)


def _mark(plan: Plan, text: str) -> Plan:
    return replace(plan, is_rehearsal=flag(text))


def _open(plan: Plan, text: str) -> Plan:
    opens = instant(text)
    return _moved(plan, Window(opens, opens + WINDOW))


def _close(plan: Plan, text: str) -> Plan:
    return _moved(plan, Window(plan.window.opens, instant(text)))


def _moved(plan: Plan, window: Window) -> Plan:
    """The plan at another time: what is signed lasts as long as before, counted from the end of the window."""
    later = window.closes - plan.window.closes
    return replace(plan, window=window, expires={role: end + later for role, end in plan.expires.items()})


def _count(plan: Plan, text: str) -> Plan:
    count = whole_number(text, 2, 50)
    made = (Keyholder(f"keyholder {number}", plan.offline_roles) for number in range(1, count + 1))
    holders = (*plan.keyholders[:count], *tuple(made)[len(plan.keyholders) :])
    threshold = min(plan.thresholds["root"], count)
    return replace(plan, keyholders=holders, thresholds=dict.fromkeys(plan.offline_roles, threshold))


def _threshold(plan: Plan, text: str) -> Plan:
    return replace(plan, thresholds=dict.fromkeys(plan.offline_roles, whole_number(text, 1, len(plan.keyholders))))


def _expire(plan: Plan, text: str) -> Plan:
    days = whole_number(text, 1, 10_000)
    return replace(plan, expires=dict.fromkeys(plan.offline_roles, plan.window.closes + timedelta(days=days)))


def _spread(plan: Plan, text: str) -> Plan:
    return replace(plan, bins=replace(plan.bins, count=whole_number(text, 2, MOST_BINS)))


def _style(plan: Plan, text: str) -> Plan:
    return replace(plan, bins=replace(plan.bins, style=one_of(text, STYLES)))


def _name(place: int) -> PlanQuestion:
    return PlanQuestion(
        f"Name of keyholder {place + 1}",
        "The name by which this person is called in the room, and under which the record knows them. Each keyholder "
        "signs root, targets and bins; to give somebody fewer roles, edit the finished plan.",
        lambda plan: plan.keyholders[place].name,
        lambda plan, text: _change_holder(plan, place, replace(plan.keyholders[place], name=text)),
    )


def _device(place: int) -> PlanQuestion:
    return PlanQuestion(
        f"Serial of the device of keyholder {place + 1}, or - for any",
        "The serial printed on the device: the ceremony then accepts no other one from this person. With a dash, "
        "whichever device is enrolled in the ceremony is the one.",
        lambda plan: plan.keyholders[place].device or "-",
        lambda plan, text: _change_holder(plan, place, replace(plan.keyholders[place], device=text.strip("-"))),
    )


def _change_holder(plan: Plan, place: int, holder: Keyholder) -> Plan:
    return replace(plan, keyholders=(*plan.keyholders[:place], holder, *plan.keyholders[place + 1 :]))


def _lifetime(role: str, why: str) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        hours = timedelta(hours=whole_number(text, 1, HOURS_LIMIT))
        return replace(plan, lifetimes={**plan.lifetimes, role: hours})

    return PlanQuestion(
        f"Hours that a signature of {role} lasts",
        why,
        lambda plan: str(int(plan.lifetimes[role].total_seconds()) // 3600),
        change,
    )


WINDOW_QUESTIONS = (
    PlanQuestion(
        "The ceremony may begin at (UTC)",
        "The program refuses to hold the ceremony before this moment.",
        lambda plan: instant_text(plan.window.opens),
        _open,
    ),
    PlanQuestion(
        "The ceremony has to be over by (UTC)",
        "At most 31 days after the beginning. Expiry dates are counted from this moment.",
        lambda plan: instant_text(plan.window.closes),
        _close,
    ),
)
"""When the ceremony may take place."""

REHEARSAL_QUESTION = PlanQuestion(
    "Is it a rehearsal? (yes or no)",
    "A rehearsal may use software devices, and no real online signer takes what comes out of it.",
    lambda plan: "yes" if plan.is_rehearsal else "no",
    _mark,
)
"""Is it practice?"""

DAYS_QUESTION = PlanQuestion(
    "Days that root, targets and bins last",
    "Before these days are over the keyholders meet again. A year is usual; shorter means more meetings, longer "
    "means that people forget how.",
    lambda plan: str((plan.expires["root"] - plan.window.closes).days),
    _expire,
)
"""How long what keyholders sign lasts."""

_FIRST = (
    name_question(),
    REHEARSAL_QUESTION,
    *WINDOW_QUESTIONS,
    PlanQuestion(
        "How many keyholders",
        "Each holds one device. Five people of whom three must sign survive the loss of two devices, and the theft "
        "of two.",
        lambda plan: str(len(plan.keyholders)),
        _count,
    ),
)

_NUMBERS = (
    PlanQuestion(
        "How many of them have to sign",
        "This many signatures make root, targets and bins valid: fewer cannot sign, and whoever holds this many "
        "devices decides everything. At least two.",
        lambda plan: str(plan.thresholds["root"]),
        _threshold,
    ),
    DAYS_QUESTION,
)

BINS_QUESTIONS = (
    PlanQuestion(
        "Number of bins",
        "Targets are spread over bins, so that a client fetches one small bin and not the list of everything. The "
        "number cannot be changed without a new ceremony. Too few make bins large, too many make snapshot large.",
        lambda plan: str(plan.bins.count),
        _spread,
        shows_bins_advice=True,
    ),
    PlanQuestion(
        "Style of the delegations to bins (succinct or explicit)",
        "Succinct (TAP 15) needs one line for all bins; python-tuf and go-tuf read it. Explicit lists every bin, "
        "megabytes for many bins, for clients that cannot.",
        lambda plan: plan.bins.style,
        _style,
    ),
)
"""How targets are spread."""

LIFETIME_QUESTIONS = (
    _lifetime("bin-n", "The online signer signs each bin again before its signature ends. A week is usual."),
    _lifetime("snapshot", "How long a client can be kept from seeing new targets at most, if the signer stops."),
    _lifetime("timestamp", "After this time without a new one, clients notice that the repository stands still."),
)
"""How long the online signer's signatures last."""
