"""How delegations are written: one for each role before bins, and one for each project below such a role.

Spec: 4.5; PEP 480, claimed and recently-claimed.
"""

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Delegations

from ceremony.core.keys import key_of
from ceremony.core.plan_values import Delegation
from ceremony.core.projects import Project, project_role

EVERY_PREFIX = tuple(f"{digit:x}" for digit in range(16))
"""The hash prefixes into which every path falls."""


def delegated_role(found: Delegation, keyids: list[str], threshold: int) -> DelegatedRole:
    """This delegation as targets has it, under these keys.

    "*" matches one path level only, so every path is delegated by its hash instead.
    """
    return DelegatedRole(
        found.name,
        keyids,
        threshold,
        terminating=found.is_terminating,
        paths=[*found.paths] if found.paths else None,
        path_hash_prefixes=None if found.paths else [*EVERY_PREFIX],
    )


def delegate_projects(
    was: Delegations | None, entering: tuple[Project, ...], leaving: tuple[str, ...] = ()
) -> Delegations | None:
    """The delegations of a role once these projects are in it, or have other keys there, and those are not any more.

    What stays keeps its place, what is new comes last, in the order given. A project's delegation ends the search: a
    path of its own that it does not list is nowhere. None where nothing is delegated.
    """
    gone = {project_role(name) for name in leaving}
    roles = {name: role for name, role in ((was.roles or {}) if was else {}).items() if name not in gone}
    keys: dict[str, Key] = {**(was.keys if was else {})}
    for project in entering:
        held = [key_of(each.fields) for each in project.keys]
        keys |= {key.keyid: key for key in held}
        # A dict keeps the place of a name that it has already.
        roles[project.role] = DelegatedRole(
            project.role, [key.keyid for key in held], project.threshold, terminating=True, paths=[*project.paths]
        )
    if not roles:
        return None
    listed = {keyid for role in roles.values() for keyid in role.keyids}
    return Delegations({keyid: key for keyid, key in keys.items() if keyid in listed}, roles=roles)
