"""What snapshots list: every role below root that was ever published, at its newest version, also what is gone.

Clients refuse a snapshot from which a name has vanished or under which a version went back, so a name is kept for ever,
and one that comes back goes on from where it was.   Spec: 5.5.5.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, Row, delete, func, insert, select

from ceremony.core.bin_delegation import bin_names
from ceremony.core.projects import project_role
from ceremony.core.tree import Tree
from ceremony.online.schedule import Ends
from ceremony.online.store import Edition, Publication, Store, instant_of
from ceremony.online.tables import BINS, FORMER_BINS, OFFLINE_FILES, PROJECT_FILES, ROLES


def listed(store: Store) -> dict[str, int]:
    """Every role that the newest snapshot lists, with the version there; nothing before the first delivery."""
    with store.reading() as connection:
        versions = connection.execute(select(BINS.c.version).order_by(BINS.c.number)).scalars().all()
        former = _versions(connection.execute(select(FORMER_BINS.c.name, FORMER_BINS.c.version)))
    names = bin_names(len(versions)) if versions else ()
    return {**former, **dict(zip(names, versions, strict=True)), **others_listed(store)}


def others_listed(store: Store) -> dict[str, int]:
    """The same without bins."""
    offline = select(OFFLINE_FILES.c.role, func.max(OFFLINE_FILES.c.version)).where(OFFLINE_FILES.c.role != "root")
    projects = select(PROJECT_FILES.c.name, func.max(PROJECT_FILES.c.version))
    published = projects.where(PROJECT_FILES.c.publication.is_not(None))
    with store.reading() as connection:
        found = _versions(connection.execute(offline.group_by(OFFLINE_FILES.c.role)))
        online = _versions(connection.execute(select(ROLES.c.name, ROLES.c.version)))
        signed = _versions(connection.execute(published.group_by(PROJECT_FILES.c.name)))
    # Keyholders may take over a role from the online key, or hand it on: one name, one row of versions.
    found |= {name: max(version, found.get(name, 0)) for name, version in online.items()}
    return found | {project_role(name): version for name, version in signed.items()}


def role_editions(store: Store) -> dict[str, Edition]:
    """The newest edition of each role before bins that this signer signs or ever did."""
    with store.reading() as connection:
        rows = connection.execute(select(ROLES.c.name, ROLES.c.version, ROLES.c.expires)).all()
    return {name: Edition(version, instant_of(expires)) for name, version, expires in rows}


def roles_of(store: Store, publication: int) -> tuple[str, ...]:
    """The roles before bins whose newest edition came with this publication, by name."""
    query = select(ROLES.c.name).where(ROLES.c.publication == publication).order_by(ROLES.c.name)
    with store.reading() as connection:
        return tuple(connection.execute(query).scalars())


def ends_of(store: Store, tree: Tree, last: Publication) -> Ends:
    """When everything that the online key signs in this tree ends, `last` being the newest publication."""
    editions = role_editions(store)
    return Ends(
        last.snapshot.expires,
        last.timestamp.expires,
        tuple(edition.expires for edition in store.bins()),
        {role: editions[role].expires for role in tree.online if role in editions},
    )


def keep_former_bins(connection: Connection, count: int) -> None:
    """Bins as they are now stay listed where, of `count` bins, none will have their name."""
    rows = connection.execute(select(BINS.c.version).order_by(BINS.c.number)).scalars().all()
    coming = {*bin_names(count)}
    former = _versions(connection.execute(select(FORMER_BINS.c.name, FORMER_BINS.c.version)))
    former |= dict(zip(bin_names(len(rows)), rows, strict=True))
    connection.execute(delete(FORMER_BINS))
    kept = [{"name": name, "version": version} for name, version in former.items() if name not in coming]
    if kept:
        connection.execute(insert(FORMER_BINS), kept)


def _versions(rows: Iterable[Row[str, int]]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}
