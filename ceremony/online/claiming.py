"""What becomes of projects with a publication: whose uploads it brings, whom roles begin and cease to delegate to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, update

from ceremony.core.tree import Tree
from ceremony.errors import RefusedError
from ceremony.online.delegators import Delegators, delegators, judge
from ceremony.online.listing import others_listed
from ceremony.online.project_files import Upload, record_published, refuse_upload, waiting_uploads
from ceremony.online.projects import Registration, registrations
from ceremony.online.store import Store
from ceremony.online.tables import PROJECT_FILES, PROJECTS


@dataclass(frozen=True, slots=True)
class ProjectChanges:
    """Numbers of uploads that are to be published, and of registrations that begin and that end; and whose they are.

    `roles` are those of this signer that delegate to others from then on.
    """

    uploads: tuple[int, ...] = ()
    begun: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()
    roles: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """True when nothing happens that clients could see, or that has to be written down."""
        return not (self.uploads or self.begun or self.ended)


@dataclass
class _Taking:
    """The uploads taken so far: versions by role, and the numbers of registrations that begin and end."""

    versions: dict[str, int]
    ended: set[int]
    begun: set[int] = field(default_factory=set)
    uploads: list[int] = field(default_factory=list)


def has_waiting(store: Store) -> bool:
    """True when an upload waits, or a project is to go."""
    uploads = select(PROJECT_FILES.c.number).where(
        PROJECT_FILES.c.publication.is_(None), PROJECT_FILES.c.refusal.is_(None)
    )
    leaving = select(PROJECTS.c.number).where(PROJECTS.c.is_leaving, PROJECTS.c.until.is_(None))
    with store.reading() as connection:
        return any(connection.execute(query.limit(1)).first() is not None for query in (uploads, leaving))


def change_projects(store: Store, tree: Tree, now: datetime) -> ProjectChanges:
    """What becomes of projects once this tree holds, at `now` (UTC); uploads that cannot be taken are refused, durably.

    Raises: StorageError; TamperedError.
    """
    live = registrations(store)
    found = delegators(tree, live)
    ended = {
        each.number
        for each in live
        if each.is_leaving or each.role not in tree.online or found.is_claimed(each.project.name)
    }
    staying = tuple(each for each in live if each.number not in ended)
    taking = _Taking(others_listed(store), ended)
    # What comes after too much for one publication is looked at now only where nothing before it can be taken.
    while not taking.uploads and (waiting := waiting_uploads(store)):
        for each in waiting:
            try:
                _take(each, Delegators(found.offline, staying), taking, now)
            except RefusedError as error:
                refuse_upload(store, each.number, error)
    seen = taking.begun | {each.number for each in live if each.is_delegated}
    touched = taking.begun | (taking.ended & seen)
    return ProjectChanges(
        tuple(taking.uploads),
        tuple(sorted(taking.begun)),
        tuple(sorted(taking.ended)),
        frozenset(each.role for each in live if each.number in touched),
    )


def record_projects(connection: Connection, changes: ProjectChanges, publication: int) -> None:
    """All of it comes with this publication."""
    record_published(connection, changes.uploads, publication)
    for numbers, column in ((changes.begun, PROJECTS.c.since), (changes.ended, PROJECTS.c.until)):
        for number in numbers:
            connection.execute(update(PROJECTS).where(PROJECTS.c.number == number).values({column: publication}))


def _take(upload: Upload, found: Delegators, taking: _Taking, now: datetime) -> None:
    last = taking.versions.get(upload.file.role, 0)
    # One that an upload before this has put an end to counts no more, though nothing of it is published yet.
    entries = [each for each in found.of(upload.name) if each[1] is None or each[1].number not in taking.ended]
    _, registration = judge(upload.file, entries, last, now)
    taking.versions[upload.file.role] = upload.file.version
    taking.uploads.append(upload.number)
    if registration is not None:
        _begin(registration, found.live, taking)


def _begin(registration: Registration, live: Sequence[Registration], taking: _Taking) -> None:
    """Clients are sent to this registration from now on, and to none that came before it."""
    if not registration.is_delegated:
        taking.begun.add(registration.number)
    name = registration.project.name
    taking.ended |= {each.number for each in live if each.project.name == name and each.number < registration.number}
