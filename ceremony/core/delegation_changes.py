"""What changes before bins, in sentences: who is asked there, for which paths, and which projects enter and leave."""

from collections.abc import Iterator, Sequence

from tuf.api.metadata import DelegatedRole, Targets

from ceremony.core.before import Before
from ceremony.core.changes import Change, listed
from ceremony.core.draft import Draft
from ceremony.core.projects import Project
from ceremony.core.signed import targets_of

_NAMES_IN_A_LINE = 12


def delegation_changes(found: Draft, before: Before | None) -> Iterator[Change]:
    """What the roles before bins become, compared by what they say; keys and thresholds are told elsewhere."""
    was = before.file("targets") if before else None
    old = _roles(targets_of(was)) if was else {}
    new = _roles(targets_of(found.file("targets")))
    for name, role in new.items():
        if name not in old:
            yield Change(f"From now on clients ask {name} before bins, {_reach(role)}; {_signed_by(found, name)}.")
        elif _marks(old[name]) != _marks(role):
            yield Change(f"{name} is asked {_reach(role)}; before, {_reach(old[name])}.", is_caution=True)
    for name in old:
        if name not in new:
            yield Change(f"Clients ask {name} no longer: what only it lists, they find no more.", is_caution=True)
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        order = listed([*new, "bins"])
        yield Change(f"Clients ask in another order than before: {order}.", is_caution=True)


def project_changes(found: Draft) -> Iterator[Change]:
    """Which projects enter a delegation, get other keys there, or leave it: by name, and grouped by how they sign."""
    claims = found.plan.claims
    if claims is None:
        return
    file = found.before.file(claims.role) if found.before else None
    there = (_delegations(targets_of(file)) if file else {}) or {}
    entering = [each for each in found.roster.projects if each.role not in there]
    changing = [each for each in found.roster.projects if each.role in there]
    total = len({*there, *(each.role for each in entering)}) - len(claims.leaving)
    if entering:
        yield Change(f"{_counted(entering)} {'enter' if len(entering) > 1 else 'enters'} {claims.role}:")
        yield from map(Change, grouped(entering))
    for each in changing:
        yield Change(f"{each.name} gets other keys or paths in {claims.role}: {_how(each)}.", is_caution=True)
    for name in claims.leaving:
        yield Change(
            f"{name} leaves {claims.role}: it signs nothing there any more, and clients ask elsewhere for its paths.",
            is_caution=True,
        )
    yield from (Change(each, is_caution=True) for each in shared_keys(found.roster.projects))
    yield Change(f"After this, {claims.role} hands paths to {_numbered(total)}.")


def grouped(projects: Sequence[Project]) -> Iterator[str]:
    """The projects by how they sign, the largest group first, in lines of a few names."""
    for how, alike in _alike(projects):
        yield from (f"{how}: {part}." for part in _parts([each.name for each in alike]))


def shared_keys(projects: Sequence[Project]) -> Iterator[str]:
    """One sentence for each group of projects for which one key signs."""
    for names in _sharing(projects):
        yield f"One key signs for {listed(names)}: whoever steals it signs for all of them."


def _roles(targets: Targets) -> dict[str, DelegatedRole]:
    return {name: role for name, role in _delegations(targets).items() if name != "bins"}


def _delegations(targets: Targets) -> dict[str, DelegatedRole]:
    return {} if targets.delegations is None else {**(targets.delegations.roles or {})}


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


def _counted(projects: Sequence[Project]) -> str:
    return _numbered(len(projects))


def _numbered(count: int) -> str:
    return f"{count} project{'' if count == 1 else 's'}"


def _how(project: Project) -> str:
    schemes = listed(sorted({str(each.fields["scheme"]) for each in project.keys}))
    return f"{project.threshold} of {len(project.keys)} keys ({schemes}) for {listed(project.paths)}"


def _alike(projects: Sequence[Project]) -> list[tuple[str, list[Project]]]:
    """The projects by how they sign, the largest group first."""
    groups: dict[tuple[int, int, str], list[Project]] = {}
    for each in projects:
        schemes = listed(sorted({str(key.fields["scheme"]) for key in each.keys}))
        groups.setdefault((each.threshold, len(each.keys), schemes), []).append(each)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [(f"{_counted(found)} with {needed} of {count} ({how})", found) for (needed, count, how), found in ordered]


def _parts(names: list[str]) -> Iterator[str]:
    for place in range(0, len(names), _NAMES_IN_A_LINE):
        yield ", ".join(names[place : place + _NAMES_IN_A_LINE])


def _sharing(projects: Sequence[Project]) -> Iterator[tuple[str, ...]]:
    held: dict[str, tuple[str, ...]] = {}
    for project in projects:
        for each in project.keys:
            held[each.keyid] = (*held.get(each.keyid, ()), project.name)
    yield from (names for names in dict.fromkeys(held.values()) if len(names) > 1)
