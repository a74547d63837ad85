"""What a delivery would do to projects, told before anybody agrees to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.tree import Tree, tree_of
from ceremony.online.project_files import kept_uploads
from ceremony.online.project_status import ProjectStatus, project_statuses, upload_again
from ceremony.online.projects import Registration, registrations
from ceremony.online.store import Store


@dataclass(frozen=True, slots=True)
class Foretold:
    """Names of projects, in order: whom clients get nothing from until they upload, and whom no role delegates to.

    Neither holds yet: it would from the delivery on.
    """

    silent: tuple[str, ...]
    gone: tuple[str, ...]


def foretell(store: Store, files: Iterable[MetadataFile], now: datetime) -> Foretold:
    """What would become of projects at `now` (UTC) once these files are trusted too; they were verified already.

    Raises: StorageError; TamperedError.
    """
    was = store.tree()
    tree = tree_of((*was.files.values(), *files))
    live, uploads = registrations(store), kept_uploads(store)
    before = project_statuses(was, live, uploads, now)
    after = project_statuses(tree, tuple(each for each in live if _stays(each, tree)), uploads, now)
    names = {each.name for each in after}
    return Foretold(
        tuple(name for name in upload_again(after) if name not in upload_again(before)),
        tuple(each.name for each in before if _is_anybodys(each) and each.name not in names),
    )


def _stays(registration: Registration, tree: Tree) -> bool:
    return registration.role in tree.online and not registration.is_leaving


def _is_anybodys(status: ProjectStatus) -> bool:
    # One that waits for its first upload is nobody's yet: clients lose nothing with it.
    return status.is_delegated
