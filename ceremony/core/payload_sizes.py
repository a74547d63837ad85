"""How many bytes a YubiKey signs with Ed25519, and how many a plan's payloads will have, before any key is made."""

from collections.abc import Mapping

from ceremony.core.plan_values import Bins, Plan

YUBIKEY_ED25519_BYTES = 3000
"""With Ed25519 a YubiKey takes the whole message at once: 3045 bytes were measured, and a few are spared."""

_HEAD_BYTES = {"root": 345, "targets": 290, "bins": 220}
"""What stands around the keys: dates, numbers, and the names of fields."""

_LISTED_BYTES = 67
"""A keyid in a role's list."""

_KEY_BYTES = {
    "ed25519": 196,
    "ecdsa-sha2-nistp256": 320,
    "ecdsa-sha2-nistp384": 357,
    "ecdsa-sha2-nistp521": 410,
    "rsassa-pss-sha256": 938,
}
"""A key under its keyid; for RSA, of 4096 bits."""

_DELEGATION_BYTES = 260
"""A delegation before bins, with an online key's place in its list."""

_SUCCINCT_BYTES = 135
_BIN_BYTES = 151
"""A bin of its own, in the explicit style, without the hash prefixes that fall into it."""


def estimated_sizes(plan: Plan) -> Mapping[str, int]:
    """About how many bytes the payloads of root, targets and bins will have; rather a few too many than too few.

    How many projects a delegation lists, no plan tells.
    """
    online = _key_bytes(plan.online_key.scheme)
    by_root = {holder.name: holder for role in ("root", "targets") for holder in plan.holders_of(role)}
    # Snapshot and timestamp list the online key.
    listed = 2 + sum(len(plan.holders_of(role)) for role in ("root", "targets"))
    keys = sum(_key_bytes(holder.scheme) for holder in by_root.values())
    delegated = [role for role in plan.offline_roles if role not in ("root", "targets")]
    below = sum(_key_bytes(holder.scheme) + _LISTED_BYTES for role in delegated for holder in plan.holders_of(role))
    below += sum(_DELEGATION_BYTES + sum(len(path) + 3 for path in each.paths) for each in plan.delegations)
    return {
        "root": _HEAD_BYTES["root"] + len(plan.repository) + keys + online + listed * _LISTED_BYTES,
        "targets": _HEAD_BYTES["targets"] + below,
        "bins": _HEAD_BYTES["bins"] + online + _bins_bytes(plan.bins),
    }


def _key_bytes(scheme: str) -> int:
    return _KEY_BYTES.get(scheme, max(_KEY_BYTES.values()))


def _bins_bytes(bins: Bins) -> int:
    # Nobody may have judged the plan yet: its count can be any number.
    if bins.style == "succinct" or bins.count < 1:
        return _SUCCINCT_BYTES
    digits = len(f"{bins.count - 1:x}")
    return bins.count * (_BIN_BYTES + digits) + (1 << 4 * digits) * (digits + 3)
