"""What one publication brings, before it is signed: as its rows say, which is how it is made again after a crash."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from ceremony.core.bin_delegation import bin_names
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.online.bins import render_bin, render_snapshot
from ceremony.online.editions import Publication
from ceremony.online.listing import listed, role_editions, roles_of
from ceremony.online.project_files import project_files_of
from ceremony.online.projects import delegated_projects, render_role
from ceremony.online.store import Store


class Contents(Protocol):
    """The files of one publication but for its timestamp; those without signatures are the online key's to sign."""

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers of its bins, in order."""

    @property
    def offline(self) -> Sequence[MetadataFile]:
        """What keyholders signed, roots among it."""

    @property
    def others(self) -> int:
        """How many files `before_bins` gives."""

    def before_bins(self) -> Iterator[MetadataFile]:
        """What projects signed, then the roles that delegate to them."""

    def bins(self, numbers: Sequence[int]) -> Iterator[MetadataFile]:
        """The bins of these numbers, in this order."""

    def snapshot(self) -> MetadataFile:
        """The snapshot."""


@dataclass(frozen=True, slots=True)
class StoredContents:
    """What the rows of `store` say of its newest publication."""

    store: Store
    publication: Publication
    numbers: Sequence[int]
    offline: Sequence[MetadataFile]
    roles: Sequence[str]
    signed: Sequence[MetadataFile]

    @property
    def others(self) -> int:
        """How many files `before_bins` gives."""
        return len(self.signed) + len(self.roles)

    def before_bins(self) -> Iterator[MetadataFile]:
        """What projects signed, then the roles that delegate to them."""
        return chain(self.signed, self._roles())

    def bins(self, numbers: Sequence[int]) -> Iterator[MetadataFile]:
        """The bins of these numbers, in this order."""
        editions = self.store.bins()
        names = bin_names(len(editions)) if editions else ()
        for number, fragments in self.store.fragments(numbers):
            version, expires = editions[number].version, instant_text(editions[number].expires)
            yield MetadataFile(names[number], version, render_bin(version, expires, fragments))

    def snapshot(self) -> MetadataFile:
        """The snapshot."""
        version, expires = self.publication.snapshot.version, instant_text(self.publication.snapshot.expires)
        return MetadataFile("snapshot", version, render_snapshot(version, expires, listed(self.store)))

    def _roles(self) -> Iterator[MetadataFile]:
        editions = role_editions(self.store)
        for role in self.roles:
            version, projects = editions[role].version, delegated_projects(self.store, role)
            yield MetadataFile(role, version, render_role(version, editions[role].expires, projects))


def stored_contents(store: Store, publication: Publication) -> StoredContents:
    """What the rows say of this publication, the newest one of `store`.

    Raises: StorageError.
    """
    number = publication.number
    return StoredContents(
        store,
        publication,
        store.bins_of(number),
        store.offline_files_of(number),
        roles_of(store, number),
        project_files_of(store, number),
    )
