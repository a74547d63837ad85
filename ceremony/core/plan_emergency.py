"""The plan of an emergency: everything is kept but the keys that were struck, and what that changes is signed anew."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import Enum

from ceremony.core.before import Before
from ceremony.core.kept_plan import kept_plan, usual_lifetime
from ceremony.core.online_key import online_key_of
from ceremony.core.plan import EMERGENCY, Incident, Keyholder, OnlineKey, Plan
from ceremony.core.plan_after import changed_roles, with_ends, with_new_device
from ceremony.core.struck_keys import online_keys, struck_quorums
from ceremony.core.unseen_keys import unmade_key


class Fate(Enum):
    """What has become of a key."""

    SAFE = "safe"
    STOLEN = "stolen"
    """Somebody else may have it, or have had it."""
    LOST = "lost"
    """Nobody has it any more."""


def incident_of(
    before: Before, reason: str, *, stolen: Iterable[str], lost: Iterable[str], online: Fate = Fate.SAFE
) -> Incident:
    """What has happened, by the names of the keyholders whose keys it struck, and what has become of the online key.

    Whoever is called both stolen and lost counts as stolen; who holds no key on record is passed over.
    """
    taken, gone = _keyids(before, stolen), _keyids(before, lost)
    keys = {fate: tuple(online_keys(before)) if fate is online else () for fate in Fate}
    return Incident(
        reason,
        (*taken, *keys[Fate.STOLEN]),
        (*(keyid for keyid in gone if keyid not in taken), *keys[Fate.LOST]),
    )


def emergency_plan(
    before: Before, last: Plan, incident: Incident, now: datetime, online_key: OnlineKey | None = None
) -> Plan:
    """The plan in which everybody whose key was struck gets another device, and the online signer this key.

    Where the stolen keys are enough to sign root, everybody gets another device.
    Raises: TamperedError if a keyholder of `last` has no key on record.   Spec: PEP 458, In the Event of a Key
    Compromise.
    """
    plan = replace(kept_plan(before, last, EMERGENCY, now), incident=incident)
    if online_key is not None:
        plan = replace(plan, online_key=online_key)
    everybody = struck_quorums(incident, before)[0].is_forgeable
    for holder in plan.keyholders:
        if everybody or holder.keyid in incident.keyids:
            plan = with_new_device(plan, holder.name)
    return signed_anew(plan, before, last)


def wants_next_key(incident: Incident, before: Before) -> bool:
    """True when the online signer has to have another key: its own was struck, or every key is renewed."""
    root = struck_quorums(incident, before)[0]
    is_struck = not {*online_keys(before)}.isdisjoint(incident.keyids)
    return not root.is_out_of_reach and (is_struck or root.is_forgeable)


def unmade_online_key() -> OnlineKey:
    """A key that nobody has, to stand in for the next online key while that is not made; no plan is good with it.

    Which roles are signed because of the next key is certain already, and so is the playbook.
    """
    return online_key_of(unmade_key(Keyholder("the online signer's next key", ("root",))).key, "")


def signed_anew(plan: Plan, before: Before, last: Plan) -> Plan:
    """The plan that signs every role in which something changes, and root where nothing does."""
    roles = changed_roles(plan, before) or ("root",)
    return with_ends(plan, {role: plan.window.closes + usual_lifetime(last, role) for role in roles})


def _keyids(before: Before, names: Iterable[str]) -> tuple[str, ...]:
    found = (before.roster.of(name) for name in names)
    return tuple(dict.fromkeys(each.keyid for each in found if each is not None))
