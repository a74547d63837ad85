"""The questions about an incident: what has happened, and which keys it struck."""

from collections.abc import Collection
from dataclasses import replace

from ceremony.cli.plan_answers import names, one_of
from ceremony.cli.plan_following import Following
from ceremony.cli.plan_interview import Talk, complaints
from ceremony.cli.plan_questions import PlanQuestion
from ceremony.core.plan import EMERGENCY, Incident, Plan
from ceremony.core.plan_emergency import Fate, incident_of
from ceremony.core.policy import Policy
from ceremony.core.struck_keys import online_keys

_NOTHING = Incident("")
_SHORTEST, _LONGEST = 10, 200


def before_anything_is_said(following: Following) -> Plan:
    """The plan with which the conversation begins: an emergency in which nothing has happened yet."""
    return replace(following.kept(EMERGENCY), incident=_NOTHING)


def talk_about_incident(policy: Policy, following: Following) -> Talk:
    """The conversation about what has happened."""
    return Talk(lambda _plan: incident_questions(following), lambda plan: complaints(plan, policy))


def incident_questions(following: Following) -> tuple[PlanQuestion, ...]:
    """What has happened, whose key is stolen, whose is lost, and what has become of the online key."""
    return (
        PlanQuestion(
            "What has happened, in one sentence",
            "It stands in the plan, in the review that is read aloud, and in what strangers are told: say what is "
            "known, and nothing that helps a thief.",
            lambda plan: _said(plan).reason or "-",
            lambda plan, text: _with(following, plan, reason=_reason(text)),
        ),
        PlanQuestion(
            "Whose key may somebody else have (names with commas, or - for nobody)",
            "A device that was stolen, that was out of its owner's sight, or whose PIN somebody else knows. If the "
            "machine at which people signed cannot be trusted any more, that is everybody who signed at it.",
            lambda plan: _listed(_people(following, _said(plan).stolen)),
            lambda plan, text: _with(following, plan, stolen=_known(following, text)),
        ),
        PlanQuestion(
            "Whose key does nobody have any more (names with commas, or - for nobody)",
            "A device that is broken, blocked for good, or burnt. Whoever cannot tell a lost device from a stolen one "
            "calls it stolen.",
            lambda plan: _listed(_people(following, _said(plan).lost)),
            lambda plan, text: _with(following, plan, lost=_known(following, text)),
        ),
        PlanQuestion(
            f"What has become of the online key ({', '.join(each.value for each in Fate)})",
            "Stolen is also a key that stood on a machine which strangers have been on, even if a device keeps it: "
            "they may have used it. The log of every use of the key can tell that they have not.",
            lambda plan: _online(following, plan).value,
            lambda plan, text: _with(following, plan, online=Fate(one_of(text, [each.value for each in Fate]))),
        ),
    )


def _said(plan: Plan) -> Incident:
    return plan.incident or _NOTHING


def _reason(text: str) -> str:
    # The plan's own reading says the same, but of a plan in which nothing is said yet it says so from the beginning.
    if not _SHORTEST <= len(text) <= _LONGEST:
        raise ValueError(f"a reason in {_SHORTEST} to {_LONGEST} letters")
    return text


def _with(  # noqa: PLR0913  # whatever is said anew of the incident
    following: Following,
    plan: Plan,
    *,
    reason: str | None = None,
    stolen: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    online: Fate | None = None,
) -> Plan:
    """The plan in which this is said of the incident, and the rest as it was."""
    was = _said(plan)
    found = incident_of(
        following.before,
        was.reason if reason is None else reason,
        stolen=_people(following, was.stolen) if stolen is None else stolen,
        lost=_people(following, was.lost) if lost is None else lost,
        online=_online(following, plan) if online is None else online,
    )
    return replace(plan, incident=found)


def _people(following: Following, keyids: Collection[str]) -> tuple[str, ...]:
    return tuple(each.name for each in following.kept(EMERGENCY).keyholders if each.keyid in keyids)


def _online(following: Following, plan: Plan) -> Fate:
    keys, said = {*online_keys(following.before)}, _said(plan)
    if keys.intersection(said.stolen):
        return Fate.STOLEN
    return Fate.LOST if keys.intersection(said.lost) else Fate.SAFE


def _known(following: Following, text: str) -> tuple[str, ...]:
    found, there = names(text), [each.name for each in following.last.keyholders]
    if not {*found} <= {*there}:
        raise ValueError(f"some of {', '.join(there)}")
    return found


def _listed(found: Collection[str]) -> str:
    return ", ".join(found) or "-"
