"""What somebody says of the roles before bins, as changes of a plan that is whole after each of them."""

from collections.abc import Sequence
from dataclasses import replace

from ceremony.core.plan import Delegation, Keyholder, Plan
from ceremony.core.plan_after import with_delegations
from ceremony.core.plan_values import offline_roles

CLAIMED = "claimed"
"""What PEP 480 calls the delegation that keyholders sign for projects."""

RECENTLY_CLAIMED = "recently-claimed"
"""What PEP 480 calls the delegation that the online signer signs for projects that no ceremony has seen yet."""


def with_names(plan: Plan, names: Sequence[str]) -> Plan:
    """The plan in which clients ask these roles before bins, in this order.

    One that was not there is for every path, and whoever signs bins signs it; only RECENTLY_CLAIMED is born online.
    """
    there = {each.name: each for each in plan.delegations}
    wanted = tuple(there.get(name) or Delegation(name, is_online=name == RECENTLY_CLAIMED) for name in names)
    changed = _with(plan, wanted)
    signers = [holder.name for holder in changed.holders_of("bins")]
    for each in wanted:
        if each.name not in there and not each.is_online:
            changed = with_signers(changed, each.name, signers)
    return changed


def with_reach(plan: Plan, name: str, paths: tuple[str, ...], *, is_terminating: bool) -> Plan:
    """The plan in which this role is asked for these paths, () for every one, and is the last one asked for them."""
    return _with(
        plan,
        tuple(
            replace(each, paths=paths, is_terminating=is_terminating) if each.name == name else each
            for each in plan.delegations
        ),
    )


def signed_online(plan: Plan, name: str) -> Plan:
    """The plan in which the online signer signs this role; a keyholder who signs nothing else leaves."""
    return _with(plan, _marked(plan, name, is_online=True))


def with_signers(plan: Plan, name: str, people: Sequence[str]) -> Plan:
    """The plan in which these keyholders sign this role; who was none comes, and who signs nothing any more leaves."""
    changed = _with(plan, _marked(plan, name, is_online=False))
    held = {each.name: each for each in changed.keyholders}
    newcomers = (Keyholder(person, ()) for person in people if person not in held)
    holders = (_signing(each, name, changed, is_among=each.name in people) for each in (*held.values(), *newcomers))
    return replace(changed, keyholders=tuple(each for each in holders if each.roles))


def _signing(holder: Keyholder, name: str, plan: Plan, *, is_among: bool) -> Keyholder:
    wanted = {*holder.roles, name} if is_among else {*holder.roles} - {name}
    return replace(holder, roles=tuple(role for role in plan.offline_roles if role in wanted))


def _marked(plan: Plan, name: str, *, is_online: bool) -> tuple[Delegation, ...]:
    return tuple(replace(each, is_online=is_online) if each.name == name else each for each in plan.delegations)


def _with(plan: Plan, delegations: tuple[Delegation, ...]) -> Plan:
    usual = plan.thresholds["bins"]
    thresholds = {role: plan.thresholds.get(role, usual) for role in offline_roles(delegations)}
    return with_delegations(plan, delegations, thresholds)
