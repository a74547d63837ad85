"""Registering projects: they are this signer's from their first upload on, until a ceremony claims them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Connection
from tuf.api.metadata import DelegatedRole

from ceremony.core.before import Before
from ceremony.core.bin_delegation import names_of_bins, snapshot_bytes
from ceremony.core.delegating import delegate_projects
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Delegation, OnlineKey
from ceremony.core.project_rules import PROJECT_RULES, project_outside
from ceremony.core.projects import PROJECT_PREFIX, Project
from ceremony.core.register_rules import (
    EXPORT_RULES,
    LEAVING_RULES,
    REGISTER_RULES,
    ExportCase,
    LeavingCase,
    RegisterCase,
    project_case,
)
from ceremony.core.signed import targets_of
from ceremony.core.tree import Tree, roles_below
from ceremony.core.trusted import Trusted
from ceremony.online.listing import listed
from ceremony.online.next_key import NEXT, spare_keys
from ceremony.online.number_ranges import Numbers, numbers_of
from ceremony.online.projects import (
    record_leaving,
    record_registrations,
    registered_ever,
    registrations,
    render_role,
)
from ceremony.online.store import Store

_SIGNATURE_BYTES = 1200


@dataclass(frozen=True, slots=True)
class Batch:
    """Projects as a file brought them: for this repository, to be registered in `role`, "" for the only one."""

    repository: str
    projects: tuple[Project, ...]
    role: str = ""


def register(store: Store, batch: Batch, now: datetime) -> tuple[str, tuple[Project, ...]]:
    """The role in which these projects are registered now, durably, and those of them that were not yet.

    Raises: RefusedError by a rule of REGISTER_RULES or PROJECT_RULES; StorageError.
    """
    # Whoever else registers waits, so that no two of them take one path.
    with store.writing() as connection:
        return enter_batch(store, connection, batch, now)


def enter_batch(store: Store, connection: Connection, batch: Batch, now: datetime) -> tuple[str, tuple[Project, ...]]:
    """The same, durably once the caller's transaction is, in which nobody else writes.

    Raises: RefusedError by a rule of REGISTER_RULES or PROJECT_RULES; StorageError.
    """
    tree = store.tree()
    role = batch.role or (tree.online[0] if len(tree.online) == 1 else "")
    standing = _standing(store)
    REGISTER_RULES.check(_case(store, tree, batch, role, standing))
    here = tuple(standing.get(role, {}).values())
    before = _before(store, tree, MetadataFile(role, 1, render_role(1, now, here)))
    online, *others = (
        project_case(batch.repository, key, _delegation(tree, role), batch.projects, before) for key in _own_keys(store)
    )
    PROJECT_RULES.check(online)
    for case in others:
        project_outside.check(case)
    new = tuple(each for each in batch.projects if standing.get(role, {}).get(each.name) != each)
    record_registrations(connection, batch.repository, role, new, now)
    return role, new


def deregister(store: Store, names: tuple[str, ...]) -> None:
    """These projects are to go from the roles of this signer with the next publication; that is durable.

    Raises: RefusedError (REGISTER-PRESENT); StorageError.
    """
    with store.writing() as connection:
        leave(store, connection, names)


def leave(store: Store, connection: Connection, names: tuple[str, ...]) -> Numbers:
    """The same, durably once the caller's transaction is; these are the registrations that are to end.

    Raises: RefusedError (REGISTER-PRESENT); StorageError.
    """
    claimed = {each.removeprefix(PROJECT_PREFIX) for each in store.tree().projects}
    LEAVING_RULES.check(LeavingCase(names, frozenset(registered_ever(store) - claimed)))
    record_leaving(connection, names)
    return numbers_of(each.number for each in registrations(store) if each.project.name in names)


def are_gone(store: Store, names: tuple[str, ...]) -> bool:
    """True when none of these projects is registered any more, and clients can see that."""
    last = store.last_publication()
    is_out = last is None or last.is_published
    return is_out and not {*names} & {each.project.name for each in registrations(store)}


def exported(store: Store) -> tuple[Project, ...]:
    """The projects that this signer delegates to, in order of name: what a ceremony may claim.

    Raises: RefusedError (EXPORT-PRESENT); StorageError.
    """
    found = {each.project.name: each.project for each in registrations(store) if each.is_delegated}
    projects = tuple(found[name] for name in sorted(found))
    EXPORT_RULES.check(ExportCase(projects))
    return projects


def _standing(store: Store) -> dict[str, dict[str, Project]]:
    """By role and name, what each project was registered as last; who leaves does not stand."""
    found: dict[str, dict[str, Project]] = {}
    for each in registrations(store):
        if not each.is_leaving:
            found.setdefault(each.role, {})[each.project.name] = each.project
    return found


def _case(
    store: Store, tree: Tree, batch: Batch, role: str, standing: Mapping[str, Mapping[str, Project]]
) -> RegisterCase:
    elsewhere: dict[str, DelegatedRole] = {}
    for other in tree.before_bins:
        elsewhere |= roles_below(targets_of(tree.files[other]))
    for other, projects in standing.items():
        delegations = delegate_projects(None, tuple(projects.values()))
        if other != role and delegations is not None:
            elsewhere |= delegations.roles or {}
    coming = {**standing.get(role, {}), **{each.name: each for each in batch.projects}}
    sizes = {role or "targets": _targets_bytes(coming), "snapshot": _snapshot_bytes(store, tree, coming)}
    identity = store.identity()
    return RegisterCase(
        identity.key_file.repository,
        role,
        batch.repository,
        batch.projects,
        tree.online,
        MappingProxyType(elsewhere),
        MappingProxyType(sizes),
    )


def _targets_bytes(projects: Mapping[str, Project]) -> int:
    any_day = datetime.max.replace(tzinfo=UTC)
    return len(render_role(1, any_day, tuple(projects.values()))) + _SIGNATURE_BYTES


def _snapshot_bytes(store: Store, tree: Tree, coming: Mapping[str, Project]) -> int:
    bins = names_of_bins(targets_of(tree.files["bins"])) if "bins" in tree.files else frozenset[str]()
    registered = {each.project.role for each in registrations(store)} | {each.role for each in coming.values()}
    return snapshot_bytes(0, {*listed(store), *tree.offline, *tree.online, *tree.projects, *registered, *bins})


def _own_keys(store: Store) -> tuple[OnlineKey, ...]:
    """The online key and, if there is one, the next: no project may have either."""
    spare = spare_keys(store).get(NEXT)
    return (store.identity().key_file.key, *((spare.key_file.key,) if spare else ()))


def _delegation(tree: Tree, role: str) -> Delegation:
    found = roles_below(targets_of(tree.files["targets"]))[role]
    return Delegation(role, tuple(found.paths or ()), bool(found.terminating), is_online=True)


def _before(store: Store, tree: Tree, here: MetadataFile) -> Before:
    below = {name: file for name, file in tree.files.items() if name != "root"}
    return Before(Trusted(store.trusted_roots(), MappingProxyType({**below, here.role: here})))
