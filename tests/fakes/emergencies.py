"""Emergencies after the ceremony of ann, bob and cyd: whose keys were struck, and the plan that answers it.

emergency(stolen=["ann"])                    # ann gets another device
emergency(online=Fate.STOLEN)                # the online signer has another key
case(emergency(lost=["cyd"], bins=...))      # any field of the plan can be changed afterwards
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fakes.people import online_key, plan
from fakes.succession import WINDOW, before, ends

from ceremony.core.plan import Incident, Plan
from ceremony.core.plan_emergency import Fate, emergency_plan, incident_of

REASON = "A bag was found open in the hotel"


def incident(*, stolen: Iterable[str] = (), lost: Iterable[str] = (), online: Fate = Fate.SAFE) -> Incident:
    """What has struck the keys of these people, and the online key."""
    return incident_of(before(), REASON, stolen=stolen, lost=lost, online=online)


def emergency(
    *,
    stolen: Iterable[str] = (),
    lost: Iterable[str] = (),
    online: Fate = Fate.SAFE,
    **changes: Any,  # noqa: ANN401  # any field of a plan
) -> Plan:
    """The plan that answers it; where the online key was struck, or all keys have to go, there is a next one."""
    found = incident(stolen=stolen, lost=lost, online=online)
    is_renewed = online is not Fate.SAFE or len(found.stolen) > 1
    next_key = online_key(name="online again") if is_renewed else None
    return replace(emergency_plan(before(), plan(), found, WINDOW.opens, next_key), **changes)


def keeping_all(**struck: Any) -> Plan:  # noqa: ANN401  # what struck whom, as for `emergency`
    """The plan that says what has happened and changes nothing, every role signed anew."""
    found = emergency(**struck)
    first = emergency(lost=["ann"])
    kept = {each.name: each for each in first.keyholders if each.keyid}
    kept["ann"] = replace(first.keyholders[0], keyid=before().roster.enrolments[0].keyid)
    return replace(found, keyholders=(*kept.values(),), online_key=plan().online_key, expires=ends())
