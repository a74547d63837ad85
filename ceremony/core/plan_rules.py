"""The rules that a plan keeps, checked before anybody is called in and again at every sitting."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ceremony.core.device_kinds import plain_serial
from ceremony.core.keys import key_of
from ceremony.core.path_patterns import share
from ceremony.core.plan import Delegation, Plan, instant_text
from ceremony.core.policy import Policy
from ceremony.core.possession import check_proof, online_message
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.token_uri import SCHEME as URI_SCHEME
from ceremony.core.token_uri import parse_token_uri, write_token_uri
from ceremony.errors import TamperedError


@dataclass(frozen=True, slots=True)
class PlanCase:
    """A plan under the policy of this place."""

    plan: Plan
    policy: Policy


PLAN_RULES: RuleBook[PlanCase] = RuleBook()
_WINDOW_LIMIT = timedelta(days=31)


@PLAN_RULES.rule("WINDOW-ORDER", "a ceremony has one short, stated time")
def window_order(case: PlanCase) -> None:
    """The ceremony window opens before it closes, and is a month long at most."""
    window = case.plan.window
    if not timedelta(0) < window.closes - window.opens <= _WINDOW_LIMIT:
        raise Objection(
            f"a window from {instant_text(window.opens)} to {instant_text(window.closes)}",
            "a closing time after the opening time, at most 31 days later",
        )


@PLAN_RULES.rule("THRESHOLD-FLOOR", "PEP 458, Number and Type Of Keys Recommended: t > 1")
def threshold_floor(case: PlanCase) -> None:
    """Every offline role needs at least two signatures, or more where the policy says so."""
    for role in case.plan.offline_roles:
        if case.plan.thresholds[role] < case.policy.threshold_floor:
            raise Objection(f"{role}: {case.plan.thresholds[role]}", f"{case.policy.threshold_floor} or more")


@PLAN_RULES.rule("THRESHOLD-REACHABLE", "TUF 4.3: a threshold of keys that the role has")
def threshold_reachable(case: PlanCase) -> None:
    """Every offline role has at least as many keyholders as it needs signatures."""
    for role in case.plan.offline_roles:
        holders = len(case.plan.holders_of(role))
        if holders < case.plan.thresholds[role]:
            raise Objection(f"{role}: {case.plan.thresholds[role]} of {holders}", "at least as many keyholders")


@PLAN_RULES.rule("OFFLINE-LIFETIME", "PEP 458, Metadata Expiry Times; TUF 5.3.10")
def offline_lifetime(case: PlanCase) -> None:
    """Every offline role ends a day or more after the ceremony window closes, and no later than the policy allows."""
    floor, ceiling = case.policy.offline_lifetime_floor, case.policy.offline_lifetime_ceiling
    closes = case.plan.window.closes
    for role in case.plan.expires:
        if not floor <= case.plan.expires[role] - closes <= ceiling:
            raise Objection(
                f"{role} until {instant_text(case.plan.expires[role])}",
                f"between {_text_after(closes, floor)} and {_text_after(closes, ceiling)}",
            )


@PLAN_RULES.rule("ONLINE-LIFETIME", "PEP 458, Metadata Expiry Times")
def online_lifetime(case: PlanCase) -> None:
    """Every online signature lasts at least an hour and no longer than the policy allows for its role."""
    for role, ceiling in case.policy.online_lifetime_ceiling.items():
        lifetime = case.plan.lifetimes[role]
        if not case.policy.online_lifetime_floor <= lifetime <= ceiling:
            raise Objection(f"{role}: {_hours(lifetime)}", f"1 to {_hours(ceiling)}")


@PLAN_RULES.rule("BINS-COUNT", "TAP 15; PEP 458, bins")
def bins_count(case: PlanCase) -> None:
    """The number of bins is a power of two from 2 to 16384."""
    count = case.plan.bins.count
    if not case.policy.bins_floor <= count <= case.policy.bins_ceiling or count & (count - 1):
        raise Objection(f"{count} bins", "2, 4, 8, ... 8192 or 16384 bins")


@PLAN_RULES.rule("DELEGATION-SHADOW", "TUF 5.6.7: the search ends at a terminating delegation")
def delegation_shadow(case: PlanCase) -> None:
    """No delegation before bins that takes every path ends the search: bins would never be asked."""
    for each in case.plan.delegations:
        if each.is_terminating and not each.paths:
            raise Objection(f"{each.name}: every path, terminating", "paths of its own, or not terminating")


@PLAN_RULES.rule("DELEGATION-ORDER", "PEP 480: what keyholders sign is asked before what the online key signs")
def delegation_order(case: PlanCase) -> None:
    """No delegation that the online key signs stands before one of keyholders whose paths it may share."""
    found = case.plan.delegations
    for place, each in enumerate(found):
        later = next((it for it in found[place + 1 :] if not it.is_online and _may_share(each, it)), None)
        if each.is_online and later is not None:
            raise Objection(
                f"{each.name}, which the online key signs, before {later.name}", f"{later.name} before {each.name}"
            )


@PLAN_RULES.rule("SCHEME-ALLOWED", "TUF 4.2.2; policy")
def scheme_allowed(case: PlanCase) -> None:
    """Every key has a signature scheme that the policy names."""
    schemes = {f"keyholder {holder.name}": holder.scheme for holder in case.plan.keyholders}
    for who, scheme in {**schemes, "the online key": case.plan.online_key.scheme}.items():
        if scheme not in case.policy.schemes:
            raise Objection(f"{who}: {scheme}", " or ".join(case.policy.schemes))


@PLAN_RULES.rule("DEVICE-ONCE", "TUF 4.2.1: a threshold counts different keys")
def device_once(case: PlanCase) -> None:
    """No device is named for two keyholders, by its serial or by a PKCS#11 URI."""
    named = [_named(holder.device) for holder in case.plan.keyholders if holder.device]
    twice = sorted({device for device in named if named.count(device) > 1})
    if twice:
        raise Objection(f"device {twice[0]} for two keyholders", "one device for each")


@PLAN_RULES.rule("ONLINE-KEY-PROOF", "proof of possession of every key; TUF 4.2.2")
def online_key_proof(case: PlanCase) -> None:
    """The online signer has proved, for this repository, that it holds the private half of its key."""
    try:
        key = key_of(case.plan.online_key.fields())
        message = online_message(case.plan.repository, key.keyid)
        check_proof(key, message, case.plan.online_key.proof, "online_key")
    except (TamperedError, ValueError, KeyError, TypeError):
        raise Objection(
            f"a proof that does not hold for {case.plan.repository}", "the online signer's file for this repository"
        ) from None


def _may_share(one: Delegation, other: Delegation) -> bool:
    return not one.paths or not other.paths or any(share(ours, theirs) for ours in one.paths for theirs in other.paths)


def _named(device: str) -> str:
    # One device has one serial, however it is named; a URI without one is compared in the one way it is written.
    if not device.startswith(URI_SCHEME):
        return plain_serial(device)
    uri = parse_token_uri(device)
    return plain_serial(uri.serial) or write_token_uri(uri)


def _text_after(moment: datetime, lifetime: timedelta) -> str:
    # The calendar ends with the year 9999.
    return instant_text(moment + min(lifetime, datetime.max.replace(tzinfo=UTC) - moment))


def _hours(lifetime: timedelta) -> str:
    return f"{int(lifetime.total_seconds()) // 3600} hours"
