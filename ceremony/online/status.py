"""How the signer stands: each role's version and end, what waits, what was published last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ceremony.core.plan import instant_text
from ceremony.core.review import fingerprint_of
from ceremony.core.signed import root_of, targets_of
from ceremony.core.strict_json import Json
from ceremony.core.tree import roles_below, tree_of
from ceremony.online.delivery_rows import waiting_delivery
from ceremony.online.intake import waiting_count
from ceremony.online.listing import role_editions
from ceremony.online.next_key import next_keyid
from ceremony.online.project_status import ProjectStatus, gather_projects, upload_again
from ceremony.online.store import FIRST_PUBLICATION, Edition, Store


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One role at its newest version; for bins, `role` is `bin-n`, with the highest version and the earliest end."""

    role: str
    version: int
    expires: datetime
    seconds_left: int

    @property
    def is_expired(self) -> bool:
        """True when clients refuse it."""
        return self.seconds_left <= 0


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at one moment. Before the first delivery there are no roles, no `published_at`, no fingerprint.

    `next_keyid` is that of the key which waits to be named by a delivery, "" if none does. `fingerprint` is that of the
    first release: the words that the keyholders read aloud. `projects` are in order of name.
    """

    repository: str
    is_rehearsal: bool
    online_keyid: str
    next_keyid: str
    key_uri: str
    roles: tuple[RoleStatus, ...]
    bins: int
    targets: int
    waiting: int
    is_delivery_waiting: bool
    publication: int
    published_at: datetime | None
    is_publishing: bool
    fingerprint: tuple[str, ...]
    projects: tuple[ProjectStatus, ...]

    @property
    def is_expired(self) -> bool:
        """True when clients refuse something."""
        return any(each.is_expired for each in self.roles)

    def to_json(self) -> dict[str, Json]:
        """The same for machines."""
        return {
            "bins": self.bins,
            "delivery_waiting": self.is_delivery_waiting,
            "expired": self.is_expired,
            "fingerprint": list(self.fingerprint),
            "key_uri": self.key_uri,
            "next_online_keyid": self.next_keyid,
            "online_keyid": self.online_keyid,
            "publication": self.publication,
            "projects": {
                "claimed": sum(each.is_claimed for each in self.projects),
                "registered": sum(not each.is_claimed for each in self.projects),
                "upload_again": list(upload_again(self.projects)),
            },
            "published_at": None if self.published_at is None else instant_text(self.published_at),
            "publishing": self.is_publishing,
            "rehearsal": self.is_rehearsal,
            "repository": self.repository,
            "roles": {
                each.role: {
                    "expires": instant_text(each.expires),
                    "seconds_left": each.seconds_left,
                    "version": each.version,
                }
                for each in self.roles
            },
            "targets": self.targets,
            "waiting": self.waiting,
        }


def gather_status(store: Store, now: datetime) -> Status:
    """How the signer stands at `now` (UTC).

    Raises: StorageError, TamperedError.
    """
    identity, last = store.identity(), store.last_publication()
    first = tree_of(store.offline_files_of(FIRST_PUBLICATION)).files
    return Status(
        repository=identity.key_file.repository,
        is_rehearsal=identity.is_rehearsal,
        online_keyid=identity.receiver.online_keyid,
        next_keyid=next_keyid(store),
        key_uri=identity.key_uri,
        roles=tuple(_roles(store, now)),
        bins=len(store.bins()),
        targets=store.target_count(),
        waiting=waiting_count(store),
        is_delivery_waiting=waiting_delivery(store) is not None,
        publication=0 if last is None else last.number,
        published_at=None if last is None else last.at,
        is_publishing=last is not None and not last.is_published,
        fingerprint=fingerprint_of(tuple(first.values())).words if first else (),
        projects=gather_projects(store, now),
    )


def role_statuses(store: Store, now: datetime) -> tuple[RoleStatus, ...]:
    """Each role at its newest version, offline ones too; none before the first delivery.

    Raises: StorageError.
    """
    return tuple(_roles(store, now))


def _roles(store: Store, now: datetime) -> Iterator[RoleStatus]:
    tree, last = store.tree(), store.last_publication()
    if last is None:
        return
    root = root_of(tree.files["root"])
    targets = targets_of(tree.files["targets"])
    signed = {role: targets_of(tree.files[role]) for role in (*tree.before_bins, "bins")}
    editions = role_editions(store)
    editions |= {role: Edition(each.version, each.expires) for role, each in signed.items()}
    yield _role("root", Edition(root.version, root.expires), now)
    yield _role("targets", Edition(targets.version, targets.expires), now)
    for role in roles_below(targets):
        yield _role(role, editions[role], now)
    bins = store.bins()
    newest = max(edition.version for edition in bins)
    yield _role("bin-n", Edition(newest, min(edition.expires for edition in bins)), now)
    yield _role("snapshot", last.snapshot, now)
    yield _role("timestamp", last.timestamp, now)


def _role(role: str, edition: Edition, now: datetime) -> RoleStatus:
    return RoleStatus(role, edition.version, edition.expires, int((edition.expires - now).total_seconds()))
