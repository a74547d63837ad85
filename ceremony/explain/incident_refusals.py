"""What to do now when the plan of an emergency was refused."""

from collections.abc import Mapping

_AGAIN = "`ceremony emergency --new --after RELEASE` makes the plan anew."

ON_INCIDENTS: Mapping[str, str] = {
    "INCIDENT-KEYS": "Take this keyid out of [incident] in the plan, or correct it: the review of the last ceremony "
    f"shows the key of everybody. {_AGAIN}",
    "KEY-REVOKED": "Give whoever holds this key another device (take `keyid` out of their table in the plan), or take "
    "them out of the plan. For the online key, `ceremony-online rotate-key` makes the next one; its file, "
    f"online-key-next.json, goes into the plan. {_AGAIN}",
    "ROOT-LEFT": "No ceremony leads on from this root. Hold a first one anew (`ceremony plan --new`), and bring its "
    "root to clients by a way of its own; `ceremony emergency` says in which order. If a key is found after all, take "
    f"it out of [incident]. {_AGAIN}",
    "ROOT-RENEWED": "Whoever can make a root can also have signed what nobody has seen yet. Give everybody in the plan "
    f"another device, and the online signer another key (`ceremony-online rotate-key`). {_AGAIN}",
    "QUORUM-KEPT": "Raise this number under [thresholds] in the plan. If it is to be lower, plan a rotation for it, on "
    "a quiet day.",
}
"""The name of a rule -> what to do now, for emergencies."""
