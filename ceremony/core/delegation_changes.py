"""What changes before bins, in sentences: who is asked there, in which place, and for which paths."""

from collections.abc import Iterator, Sequence

from tuf.api.metadata import DelegatedRole, Targets

from ceremony.core.before import Before
from ceremony.core.changes import Change, listed
from ceremony.core.draft import Draft
from ceremony.core.left_roles import left_roles
from ceremony.core.signed import targets_of
from ceremony.core.tree import roles_below


def delegation_changes(found: Draft, before: Before | None) -> Iterator[Change]:
    """What the roles before bins become, compared by what they say; keys and thresholds are told elsewhere."""
    file = before.file("targets") if before else None
    was = targets_of(file) if file else Targets()
    old, new = _roles(was), _roles(targets_of(found.file("targets")))
    for name, role in new.items():
        if name not in old:
            place = _place(name, [*new, "bins"])
            comes = f"From now on clients ask {name} {place}, {_reach(role)}; {_signed_by(found, name)}"
            yield Change(f"{comes}{_going_on(left_roles(was).get(name, 0))}.")
        elif _marks(old[name]) != _marks(role):
            yield Change(f"{name} is asked {_reach(role)}; before, {_reach(old[name])}.", is_caution=True)
    for name in old:
        if name not in new:
            yield Change(f"Clients ask {name} no longer: what only it lists, they find no more.", is_caution=True)
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        order = listed([*new, "bins"])
        yield Change(f"Clients ask in another order than before: {order}.", is_caution=True)


def _roles(targets: Targets) -> dict[str, DelegatedRole]:
    return {name: role for name, role in roles_below(targets).items() if name != "bins"}


def _place(name: str, order: Sequence[str]) -> str:
    """Between which others clients ask this role; bins are the last of all."""
    place = order.index(name)
    return f"{f'after {order[place - 1]}, ' if place else ''}before {order[place + 1]}"


def _going_on(version: int) -> str:
    return f"; it was there before, and goes on after version {version}" if version else ""


def _marks(role: DelegatedRole) -> tuple[object, ...]:
    return (role.terminating, role.paths, role.path_hash_prefixes)


def _reach(role: DelegatedRole) -> str:
    paths = f"for {listed(role.paths)}" if role.paths else "for every path"
    return f"{paths}, and {'nobody after it' if role.terminating else 'others after it'}"


def _signed_by(found: Draft, name: str) -> str:
    plan = found.plan
    if any(each.is_online for each in plan.delegations if each.name == name):
        return "the online key signs it"
    names = [holder.name for holder in plan.holders_of(name)]
    return f"{plan.thresholds[name]} of these {len(names)} sign it: {', '.join(names)}"
