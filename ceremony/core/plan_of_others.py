"""The plan with which a repository that others have made is taken over: their keys and thresholds stay, bins come."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType

from ceremony.core.before import Before
from ceremony.core.kept_plan import MEETING, plan_name
from ceremony.core.keys import spelling_trouble
from ceremony.core.left_out import lost_names
from ceremony.core.online_key import OnlineKeyFile
from ceremony.core.plan import Bins, Keyholder, Leaving, Plan, TrustedRoot, Window
from ceremony.core.plan_after import foreseen
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.signed import root_of
from ceremony.core.strict_json import Json
from ceremony.errors import RefusedError

LIFETIMES: Mapping[str, timedelta] = MappingProxyType(
    {"bin-n": timedelta(hours=168), "snapshot": timedelta(hours=24), "timestamp": timedelta(hours=24)}
)
_YEAR = timedelta(days=365)
_BINS = Bins(16_384, "succinct")


@dataclass(frozen=True, slots=True)
class TheirKey:
    """A key that root names for root or targets today: its fields in metadata, and what it may sign from now on.

    Whoever signs targets signs bins too, which take its place.
    """

    keyid: str
    fields: Mapping[str, Json]
    roles: tuple[str, ...]

    @property
    def trouble(self) -> str:
        """Why it cannot be kept as it is; "" if it can."""
        strange = "" if self.kind in Policy().schemes else f"{self.kind} is no scheme that is signed with here"
        return spelling_trouble(self.fields) or strange

    @property
    def kind(self) -> str:
        """What kind of key it is, by its scheme."""
        return str(self.fields.get("scheme"))[:40]


def their_keys(before: Before) -> tuple[TheirKey, ...]:
    """The keys that people hold of what others have made, in the order of root's keys and then those of targets."""
    by_role = {role: before.keyids(role) for role in ("root", "targets")}
    found = []
    for keyid in dict.fromkeys((*by_role["root"], *by_role["targets"])):
        roles = {role for role, keyids in by_role.items() if keyid in keyids}
        signs = tuple(role for role in OFFLINE_ROLES if role in roles or (role == "bins" and "targets" in roles))
        found.append(TheirKey(keyid, before.key(keyid) or {}, signs))
    return tuple(found)


def plan_of_others(before: Before, online: OnlineKeyFile, now: datetime) -> Plan:
    """The rotation that takes over what others have made, from the hour of `now` on; everybody keeps their key.

    People have no names yet. Thresholds are theirs, or the least that the policy takes; bins need what targets needs.
    A key that cannot be kept as it is written leaves, and signs root a last time.
    """
    root = before.trusted.root
    opens = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    plan = Plan(
        id=plan_name(online.repository, f"{opens:%Y-%m}", "rotation"),
        kind="rotation",
        repository=online.repository,
        is_rehearsal=False,
        window=Window(opens, opens + MEETING),
        keyholders=(),
        thresholds=_thresholds(before),
        expires=dict.fromkeys(OFFLINE_ROLES, opens + MEETING + _YEAR),
        bins=_BINS,
        lifetimes=LIFETIMES,
        online_key=online.key,
        trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
    )
    for number, key in enumerate(their_keys(before), start=1):
        name = f"keyholder {number}"
        plan = with_leaving(plan, key, name) if key.trouble else with_holder(plan, key, name)
    return plan


def with_holder(plan: Plan, key: TheirKey, name: str, device: str = "") -> Plan:
    """The plan in which this person keeps this key, in place of whoever did; whoever comes stays last."""
    holder = Keyholder(name, key.roles, key.kind, device, keyid=key.keyid)
    if any(each.keyid == key.keyid for each in plan.keyholders):
        found = (holder if each.keyid == key.keyid else each for each in plan.keyholders)
        return replace(plan, keyholders=tuple(found))
    without = without_key(plan, key)
    kept = [each for each in without.keyholders if each.keyid]
    come = [each for each in without.keyholders if not each.keyid]
    return replace(without, keyholders=(*kept, holder, *come))


def with_leaving(plan: Plan, key: TheirKey, name: str, device: str = "") -> Plan:
    """The plan in which this key leaves; where it is a key of root, its holder signs root a last time."""
    without = without_key(plan, key)
    leaving = (Leaving(name, key.keyid, device),) if "root" in key.roles else ()
    return replace(without, leaving=(*without.leaving, *leaving))


def without_key(plan: Plan, key: TheirKey) -> Plan:
    """The plan in which nobody has this key."""
    return replace(
        plan,
        keyholders=tuple(each for each in plan.keyholders if each.keyid != key.keyid),
        leaving=tuple(each for each in plan.leaving if each.keyid != key.keyid),
    )


def left_out(plan: Plan, before: Before) -> tuple[str, ...]:
    """The names of what others wrote that this plan does not carry on; none as long as nothing can be drafted."""
    try:
        return lost_names(foreseen(plan, before), before)
    except RefusedError:
        return ()


def _thresholds(before: Before) -> dict[str, int]:
    roles, floor = root_of(before.trusted.root).roles, Policy().threshold_floor
    found = {role: max(floor, roles[role].threshold) for role in ("root", "targets")}
    return {**found, "bins": found["targets"]}
