"""Which targets in bins clients would not find there: others are asked for their paths before, and nobody after those.

Spec: 5.6.7, the search ends at a terminating delegation; PEP 480, a project's delegation is one.
"""

from collections.abc import Iterable, Iterator, Mapping

from tuf.api.metadata import DelegatedRole

from ceremony.core.delegating import delegate_projects
from ceremony.core.projects import PROJECT_PREFIX
from ceremony.core.signed import targets_of
from ceremony.core.tree import Tree, roles_below
from ceremony.online.projects import delegated_projects
from ceremony.online.store import Store


def out_of_reach(store: Store, paths: Iterable[str]) -> dict[str, str]:
    """Each of these paths for which bins are never asked -> the project or the role at which the search ends.

    Raises: StorageError; TamperedError.
    """
    tree = store.tree()
    if "targets" not in tree.files:
        return {}
    before = {name: role for name, role in roles_below(targets_of(tree.files["targets"])).items() if name != "bins"}
    folders = {name: _by_folder(_projects(store, tree, name).values()) for name in before}
    found = {path: _end_of(path, before, folders) for path in paths}
    return {path: name for path, name in found.items() if name}


def _projects(store: Store, tree: Tree, role: str) -> Mapping[str, DelegatedRole]:
    if role in tree.online:
        delegations = delegate_projects(None, delegated_projects(store, role))
        return {} if delegations is None else delegations.roles or {}
    return roles_below(targets_of(tree.files[role])) if role in tree.files else {}


def _by_folder(projects: Iterable[DelegatedRole]) -> Mapping[str, list[DelegatedRole]]:
    """The projects by the folders of their patterns, none of which has a star; a path is looked up by its own."""
    found: dict[str, list[DelegatedRole]] = {}
    for each in projects:
        for folder in {path.rpartition("/")[0] for path in each.paths or ()}:
            found.setdefault(folder, []).append(each)
    return found


def _end_of(
    path: str, before: Mapping[str, DelegatedRole], folders: Mapping[str, Mapping[str, list[DelegatedRole]]]
) -> str:
    return next(_ends(path, before, folders), "").removeprefix(PROJECT_PREFIX)


def _ends(
    path: str, before: Mapping[str, DelegatedRole], folders: Mapping[str, Mapping[str, list[DelegatedRole]]]
) -> Iterator[str]:
    """Where the search for this path ends, in the order in which clients ask."""
    folder = path.rpartition("/")[0]
    for name, role in before.items():
        if role.is_delegated_path(path):
            yield from (each.name for each in folders[name].get(folder, ()) if each.is_delegated_path(path))
            if role.terminating:
                yield name
