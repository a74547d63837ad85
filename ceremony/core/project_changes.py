"""Which projects enter a delegation, change there, or leave it: by name, with their paths, and alike ones together."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from tuf.api.metadata import DelegatedRole, Targets

from ceremony.core.changes import Change, listed
from ceremony.core.draft import Draft
from ceremony.core.projects import PROJECT_PREFIX, Project, project_role
from ceremony.core.signed import targets_of
from ceremony.core.tree import roles_below
from ceremony.core.words import words_of

_Mark = TypeVar("_Mark", bound=Hashable)

_NAMES_IN_A_LINE = 12
_KEY_WORDS = 4


def project_changes(found: Draft) -> Iterator[Change]:
    """What changes among the projects of the delegation that the plan names; nothing where it names none."""
    claims = found.plan.claims
    if claims is None:
        return
    file = found.before.file(claims.role) if found.before else None
    was = targets_of(file) if file else Targets()
    there, projects = roles_below(was), found.roster.projects
    entering = [each for each in projects if each.role not in there]
    if entering:
        yield Change(f"{_counted(entering, 'enters', 'enter')} {claims.role}:")
        yield from grouped(entering)
    changing = [each for each in projects if each.role in there]
    yield from _other_keys(changing, was, claims.role)
    yield from _other_paths(changing, was, claims.role)
    yield from _unchanged(changing, was, claims.role)
    yield from _leaving(claims.leaving, claims.role)
    yield from (Change(each, is_caution=True) for each in shared_keys(projects))
    total = {*there, *(each.role for each in projects)} - {project_role(name) for name in claims.leaving}
    yield Change(f"After this, {claims.role} hands paths to {_counted([*total])}.")


def grouped(projects: Sequence[Project]) -> Iterator[Change]:
    """The projects by how they sign and what they get, the largest group first, in lines of a few names.

    One folder that is called as the project is what everybody expects; whatever else one gets is a caution.
    """
    marked = (((_how_it_signs(each), _reach(each.name, each.paths)), each.name) for each in projects)
    for (how, (paths, is_usual)), names in _groups(marked):
        strange = "" if is_usual else ", and not the one folder of its name"
        group = f"{_counted(names)} with {how}; {'each' if len(names) > 1 else 'it'} gets {paths}{strange}"
        yield from (Change(f"{group}: {part}.", not is_usual) for part in _parts(names))


def shared_keys(projects: Sequence[Project]) -> Iterator[str]:
    """One sentence for each group of projects for which one key signs."""
    for names in _sharing(projects):
        yield f"One key signs for {listed(names)}: whoever steals it signs for all of them."


def keys_in_words(projects: Sequence[Project]) -> Iterator[str]:
    """A line for each project with the first four words of each of its keys, to be compared with its developers'."""
    for project in projects:
        words = (" ".join(words_of(bytes.fromhex(each.keyid))[:_KEY_WORDS]) for each in project.keys)
        yield f"{project.name}: {'; '.join(words)}"


def _other_keys(projects: Sequence[Project], was: Targets, role: str) -> Iterator[Change]:
    changing = [each for each in projects if _signers(each) != _signers_before(roles_below(was)[each.role])]
    if not changing:
        return
    one = len(changing) == 1
    yield Change(
        f"{_counted(changing, 'gets', 'get')} other keys in {role}, or another number of signatures: clients get "
        f"nothing from {'it' if one else 'each'} until it uploads again, signed by these keys.",
        is_caution=True,
    )
    marked = (((_how_it_signs(each), _how_it_signed(was, each.role)), each.name) for each in changing)
    for (now, before), names in _groups(marked):
        group = f"{_counted(names)} with {now}; before, with {before}"
        yield from (Change(f"{group}: {part}.", is_caution=True) for part in _parts(names))


def _other_paths(projects: Sequence[Project], was: Targets, role: str) -> Iterator[Change]:
    there = roles_below(was)
    changing = [each for each in projects if {*each.paths} != {*(there[each.role].paths or ())}]
    marked = (((_reach(each.name, each.paths)[0], _reach_before(there[each.role])), each.name) for each in changing)
    for (now, before), names in _groups(marked):
        group = f"{_counted(names, 'gets', 'get')} other paths in {role}, {now}; before, {before}"
        yield from (Change(f"{group}: {part}.", is_caution=True) for part in _parts(names))


def _unchanged(projects: Sequence[Project], was: Targets, role: str) -> Iterator[Change]:
    there = roles_below(was)
    names = [each.name for each in projects if _is_as_before(each, there[each.role])]
    group = f"{_counted(names, 'is named again and stays', 'are named again and stay')} in {role} as before"
    yield from (Change(f"{group}: {part}.") for part in _parts(names))


def _leaving(names: Sequence[str], role: str) -> Iterator[Change]:
    group = (
        f"{_counted(names, 'leaves', 'leave')} {role}, where nothing that is signed for it counts any more: "
        "clients ask elsewhere for its paths"
    )
    yield from (Change(f"{group}: {part}.", is_caution=True) for part in _parts(names))


def _is_as_before(project: Project, role: DelegatedRole) -> bool:
    return _signers(project) == _signers_before(role) and {*project.paths} == {*(role.paths or ())}


def _signers(project: Project) -> tuple[int, set[str]]:
    return project.threshold, {each.keyid for each in project.keys}


def _signers_before(role: DelegatedRole) -> tuple[int, set[str]]:
    return role.threshold, {*role.keyids}


def _how_it_signs(project: Project) -> str:
    return _how(project.threshold, [str(each.fields["scheme"]) for each in project.keys])


def _how_it_signed(was: Targets, role: str) -> str:
    keys = was.delegations.keys if was.delegations else {}
    found = roles_below(was)[role]
    return _how(found.threshold, [keys[keyid].scheme for keyid in found.keyids if keyid in keys])


def _how(threshold: int, schemes: Sequence[str]) -> str:
    return f"{threshold} of {len(schemes)} ({listed(sorted({*schemes}))})"


def _reach(name: str, paths: Sequence[str]) -> tuple[str, bool]:
    """The paths of this project in words, and whether they are the one folder that is called as it is."""
    end = f"/{name}/*"
    if len(paths) == 1 and paths[0].endswith(end):
        return f"{paths[0].removesuffix(end)}/<its name>/*", True
    return listed(paths), False


def _reach_before(role: DelegatedRole) -> str:
    return _reach(role.name.removeprefix(PROJECT_PREFIX), role.paths)[0] if role.paths else "paths by their hash"


def _counted(found: Sequence[object], one: str = "", many: str = "") -> str:
    """How many projects these are, and what they do."""
    words = (f"{len(found)} project", one) if len(found) == 1 else (f"{len(found)} projects", many)
    return " ".join(each for each in words if each)


def _groups(marked: Iterable[tuple[_Mark, str]]) -> list[tuple[_Mark, list[str]]]:
    """The names by their mark, the largest group first."""
    groups: dict[_Mark, list[str]] = {}
    for mark, name in marked:
        groups.setdefault(mark, []).append(name)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[1]))


def _parts(names: Sequence[str]) -> Iterator[str]:
    for place in range(0, len(names), _NAMES_IN_A_LINE):
        yield ", ".join(names[place : place + _NAMES_IN_A_LINE])


def _sharing(projects: Sequence[Project]) -> Iterator[tuple[str, ...]]:
    held: dict[str, tuple[str, ...]] = {}
    for project in projects:
        for each in project.keys:
            held[each.keyid] = (*held.get(each.keyid, ()), project.name)
    yield from (names for names in dict.fromkeys(held.values()) if len(names) > 1)
