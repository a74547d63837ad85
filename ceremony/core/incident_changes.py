"""What an emergency says of itself at the review: what has happened, and what becomes of each key that it struck."""

from collections.abc import Iterator

from ceremony.core.before import Before
from ceremony.core.changes import Change
from ceremony.core.plan import Incident, Plan
from ceremony.core.signers import spared_keys
from ceremony.core.struck_keys import StruckQuorum, online_keys, struck_quorums


def incident_changes(plan: Plan, before: Before) -> Iterator[Change]:
    """One sentence for what has happened, and one for each key that it struck; none where nothing has."""
    incident = plan.incident
    if incident is None:
        return
    yield Change(f"This is an emergency, because: {incident.reason.rstrip('.')}.", is_caution=True)
    spared = spared_keys(plan, before)
    root = struck_quorums(incident, before)[0]
    for keyid in incident.keyids:
        yield Change(f"{_struck(incident, keyid, before)}{_last_time(root, keyid, spared)}", is_caution=True)


def name_of_key(keyid: str, before: Before) -> str:
    """What people call this key: whose it is, and on which device, as far as the record tells."""
    holder = before.holder_of(keyid)
    if holder is not None:
        return f"{holder.keyholder}'s {holder.model} {holder.serial} (key {keyid[:16]})"
    return f"the online key ({keyid[:16]})" if keyid in online_keys(before) else f"key {keyid[:16]}"


def _struck(incident: Incident, keyid: str, before: Before) -> str:
    who = "Somebody else may have" if keyid in incident.stolen else "Nobody has"
    more = "" if keyid in incident.stolen else " any more"
    return f"{who} {name_of_key(keyid, before)}{more}."


def _last_time(root: StruckQuorum, keyid: str, spared: frozenset[str]) -> str:
    if keyid not in root.stolen or keyid in spared:
        return ""
    return f" It is asked to sign this root all the same: without it {root.by} has too few keys."
