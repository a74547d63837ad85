"""The projects that this signer delegates to itself, as they were registered, and the bytes of a role of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Row, insert, select, update
from tuf.api.metadata import Targets
from tuf.api.serialization.json import CanonicalJSONSerializer

from ceremony.core.delegating import delegate_projects
from ceremony.core.plan import instant_text
from ceremony.core.projects import Project, decode_claims, encode_claims
from ceremony.online.store import Store
from ceremony.online.tables import PROJECTS

_PROJECTS_KEPT = 1 << 14
"""More than this do not fit into a role that clients can read."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A project in a role of this signer, as it was registered once; the newest of its name is the one that counts.

    Clients are sent to it `is_delegated`, which it is from its first upload on. `is_leaving` when somebody has asked
    that it be no more.
    """

    number: int
    role: str
    project: Project
    is_delegated: bool
    is_leaving: bool


def registrations(store: Store) -> tuple[Registration, ...]:
    """Every registration that holds or waits, in the order in which they came."""
    query = select(PROJECTS).where(PROJECTS.c.until.is_(None)).order_by(PROJECTS.c.number)
    with store.reading() as connection:
        return tuple(_registration(row) for row in connection.execute(query))


def registrations_of(store: Store, name: str) -> tuple[Registration, ...]:
    """Those of one project."""
    holding = (PROJECTS.c.name == name) & PROJECTS.c.until.is_(None)
    with store.reading() as connection:
        rows = connection.execute(select(PROJECTS).where(holding).order_by(PROJECTS.c.number)).all()
    return tuple(_registration(row) for row in rows)


def delegated_projects(store: Store, role: str) -> tuple[Project, ...]:
    """The projects that this role delegates to, in the order in which they were registered."""
    here = (PROJECTS.c.role == role) & PROJECTS.c.since.is_not(None) & PROJECTS.c.until.is_(None)
    with store.reading() as connection:
        rows = connection.execute(select(PROJECTS).where(here).order_by(PROJECTS.c.number)).all()
    return tuple(_registration(row).project for row in rows)


def registered_paths(store: Store) -> dict[str, dict[str, tuple[str, ...]]]:
    """By role of this signer, the patterns of each project that is registered there, by its role; who leaves has none.

    Of one that is registered with other paths, those that clients know and those that wait.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for each in registrations(store):
        if not each.is_leaving:
            here = found.setdefault(each.role, {})
            here[each.project.role] = (*here.get(each.project.role, ()), *each.project.paths)
    return found


def registered_ever(store: Store) -> frozenset[str]:
    """The names of all projects that were ever registered."""
    with store.reading() as connection:
        return frozenset(connection.execute(select(PROJECTS.c.name).distinct()).scalars())


def ended_by(store: Store, publication: int) -> tuple[str, ...]:
    """The names of the projects that this publication ended the delegation to, whoever delegates to them now."""
    query = select(PROJECTS.c.name).where(PROJECTS.c.until == publication, PROJECTS.c.since.is_not(None))
    with store.reading() as connection:
        return tuple(connection.execute(query.distinct().order_by(PROJECTS.c.name)).scalars())


def render_role(version: int, expires: datetime, projects: Sequence[Project]) -> bytes:
    """The signed part of a role that delegates to these projects, in this order, and lists nothing itself.

    Spec: 4.5; PEP 480, recently-claimed.
    """
    targets = Targets(version, expires=expires, delegations=delegate_projects(None, tuple(projects)))
    return CanonicalJSONSerializer().serialize(targets)


def record_registrations(
    connection: Connection, repository: str, role: str, projects: Sequence[Project], now: datetime
) -> None:
    """These projects of this repository are registered in this role, durably once the transaction is."""
    rows = [
        {
            "name": each.name,
            "role": role,
            "data": encode_claims(repository, (each,)),
            "received_at": instant_text(now),
            "is_leaving": False,
        }
        for each in projects
    ]
    if rows:
        connection.execute(insert(PROJECTS), rows)


def record_leaving(connection: Connection, names: Sequence[str]) -> None:
    """It has been asked that these projects be no more."""
    holding = PROJECTS.c.name.in_(names) & PROJECTS.c.until.is_(None)
    connection.execute(update(PROJECTS).where(holding).values(is_leaving=True))


def _registration(row: Row[*tuple[object, ...]]) -> Registration:
    return Registration(row.number, row.role, _project(row.data), row.since is not None, row.is_leaving)


# Every publication that brings an upload looks at all of them, and their keys are slow to read.
@lru_cache(_PROJECTS_KEPT)
def _project(data: bytes) -> Project:
    _, (project,) = decode_claims(data, PROJECTS.name)
    return project
