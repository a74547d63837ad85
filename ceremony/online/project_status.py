"""How each project stands: who delegates to it, what it has published, and whether clients refuse that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tuf.api.metadata import Targets

from ceremony.core.plan import instant_text
from ceremony.core.projects import PROJECT_PREFIX
from ceremony.core.signed import targets_of
from ceremony.core.strict_json import Json
from ceremony.core.tree import Tree
from ceremony.core.upload_rules import UploadCase, upload_fresh, upload_signed
from ceremony.errors import RefusedError
from ceremony.online.delegators import Delegators, delegators
from ceremony.online.project_files import Upload, published_uploads
from ceremony.online.projects import Registration, registrations
from ceremony.online.store import Store


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """One project: the role that delegates to it, or will from its first upload on, and what it published last.

    `version` is 0, and `expires` None, where it has published nothing. `trouble` is why clients refuse what it
    published, "" where they do not: it has to upload again.
    """

    name: str
    role: str
    is_claimed: bool
    is_delegated: bool
    version: int
    expires: datetime | None
    trouble: str

    def to_json(self) -> dict[str, Json]:
        """The same for machines."""
        return {
            "claimed": self.is_claimed,
            "delegated": self.is_delegated,
            "expires": None if self.expires is None else instant_text(self.expires),
            "name": self.name,
            "role": self.role,
            "trouble": self.trouble,
            "version": self.version,
        }


def gather_projects(store: Store, now: datetime) -> tuple[ProjectStatus, ...]:
    """Every project that a role delegates to, or that is registered, in order of name, at `now` (UTC).

    Raises: StorageError; TamperedError.
    """
    return project_statuses(store.tree(), registrations(store), published_uploads(store), now)


def project_statuses(
    tree: Tree, live: Sequence[Registration], uploads: Mapping[str, Upload], now: datetime
) -> tuple[ProjectStatus, ...]:
    """How every project stands in this tree, with these registrations and the newest of what was uploaded, by name."""
    found = delegators(tree, live)
    claimed = {project.removeprefix(PROJECT_PREFIX): role for project, role in tree.projects.items()}
    names = sorted({*claimed, *(each.project.name for each in found.live)})
    return tuple(_status(name, claimed.get(name, ""), found, uploads.get(name), now) for name in names)


def upload_again(projects: tuple[ProjectStatus, ...]) -> tuple[str, ...]:
    """The names of those whose paths clients get nothing from until they upload."""
    return tuple(each.name for each in projects if each.trouble)


def _status(name: str, role: str, found: Delegators, published: Upload | None, now: datetime) -> ProjectStatus:
    delegator, registration = _holding(found, name)
    is_delegated = registration is None or registration.is_delegated
    return ProjectStatus(
        name=name,
        role=role if registration is None else registration.role,
        is_claimed=found.is_claimed(name),
        is_delegated=is_delegated,
        version=published.file.version if published else 0,
        expires=targets_of(published.file).expires if published else None,
        trouble=_trouble(delegator, published, now) if is_delegated else "",
    )


def _holding(found: Delegators, name: str) -> tuple[Targets, Registration | None]:
    """What clients are sent by, or, where nothing sends them yet, what was registered last."""
    every = found.of(name)
    return next((each for each in every if each[1] is not None and each[1].is_delegated), every[0])


def _trouble(delegator: Targets, published: Upload | None, now: datetime) -> str:
    if published is None:
        return "nothing uploaded"
    case = UploadCase(published.file, delegator, 0, now)
    for rule, words in ((upload_signed, "signed by other keys than it has now"), (upload_fresh, "expired")):
        try:
            rule.check(case)
        except RefusedError:
            return words
    return ""
