"""What a plan says of an incident: what has happened, and which keys it struck."""

from ceremony.core.fields import Table
from ceremony.core.plan_values import Incident

_KEYID = r"[0-9a-f]{64}"
_KEYS_LIMIT = 64


def read_incident(table: Table, reason: str, wanted: str) -> Incident:
    """The incident that the plan states; `reason` is the pattern of one, `wanted` says in words what it matches.

    What cannot be read is a problem of the table.
    """
    found = table.table("incident")
    stolen, lost = _keyids(found, "stolen"), _keyids(found, "lost")
    incident = Incident(found.text("reason", reason, wanted), stolen, lost)
    if not (found.has("stolen") or found.has("lost")):
        found.refuse("stolen", "no key", "the keyid of at least one key, under stolen or under lost")
    if len({*incident.keyids}) < len(incident.keyids):
        found.refuse("stolen", "one key twice", "each key once, as stolen or as lost")
    found.finish("an incident")
    return incident


def _keyids(table: Table, name: str) -> tuple[str, ...]:
    return table.lines(name, _KEYID, _KEYS_LIMIT, "keyids of 64 hex digits") if table.has(name) else ()
