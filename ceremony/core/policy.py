"""Floors and ceilings that every ceremony keeps; a settings file may tighten them, nothing can switch one off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ceremony.core.rules import Objection, RuleBook

OFFLINE_ROLES = ("root", "targets", "bins")
"""The roles that keyholders sign in every repository, in the order in which they are signed; delegations of the plan's
own come before the last."""

ONLINE_ROLES = ("bin-n", "snapshot", "timestamp")
"""The roles that the online signer signs with its one key."""

CLIENT_SIZE_LIMITS = {"root": 512_000, "targets": 5_000_000, "bins": 5_000_000, "snapshot": 2_000_000}
"""Bytes that a python-tuf or go-tuf client with default settings takes for one file of the role."""

DELEGATED_ROLE = r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,39}"
"""How delegations of a plan's own are named; what other roles are called is RESERVED_ROLES."""

RESERVED_ROLES = r"root|targets|snapshot|timestamp|mirrors|bins|roster|bin-.*|project-.*"
"""Names that no such delegation has, because another role or another file has them."""


def size_limit(role: str) -> int:
    """Bytes that common clients take for one file of this role; delegated ones are targets."""
    return CLIENT_SIZE_LIMITS.get(role, CLIENT_SIZE_LIMITS["targets"])


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be signed here. Lifetimes are counted from the moment the ceremony window closes."""

    threshold_floor: int = 2
    offline_lifetime_floor: timedelta = timedelta(days=1)
    offline_lifetime_ceiling: timedelta = timedelta(days=730)
    online_lifetime_floor: timedelta = timedelta(hours=1)
    online_lifetime_ceiling: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            "bin-n": timedelta(days=30),
            "snapshot": timedelta(days=30),
            "timestamp": timedelta(days=7),
        }
    )
    schemes: tuple[str, ...] = (
        "ecdsa-sha2-nistp256",
        "ed25519",
        "rsassa-pss-sha256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
    )
    bins_floor: int = 2
    bins_ceiling: int = 16_384


@dataclass(frozen=True, slots=True)
class Tightening:
    """What a settings file asks of the policy; None leaves a value as it is."""

    threshold_floor: int | None = None
    offline_lifetime_days: int | None = None


TIGHTENING_RULES: RuleBook[Tightening] = RuleBook()


@TIGHTENING_RULES.rule("POLICY-TIGHTENS", "no switch turns a rule off")
def policy_tightens(case: Tightening) -> None:
    """A settings file may raise the threshold floor and shorten lifetimes, never the other way."""
    policy = Policy()
    ceiling = policy.offline_lifetime_ceiling.days
    if case.threshold_floor is not None and case.threshold_floor < policy.threshold_floor:
        raise Objection(f"a threshold floor of {case.threshold_floor}", f"{policy.threshold_floor} or more")
    if case.offline_lifetime_days is not None and not 1 <= case.offline_lifetime_days <= ceiling:
        raise Objection(f"an offline lifetime of {case.offline_lifetime_days} days", f"1 to {ceiling} days")


def tighten(tightening: Tightening) -> Policy:
    """The policy, tightened.

    Raises: RefusedError (POLICY-TIGHTENS).
    """
    TIGHTENING_RULES.check(tightening)
    policy = Policy()
    floor, days = tightening.threshold_floor, tightening.offline_lifetime_days
    return Policy(
        threshold_floor=policy.threshold_floor if floor is None else floor,
        offline_lifetime_ceiling=policy.offline_lifetime_ceiling if days is None else timedelta(days),
    )
