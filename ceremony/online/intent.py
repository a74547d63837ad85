"""What the next publication is to be, as values: worked out first, then durable, and only then files.

The row of a publication and the versions and expiries that go with it are the intent: whoever comes after a crash makes
the same files from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ceremony.core.metadata_file import MetadataFile
from ceremony.online.claiming import ProjectChanges
from ceremony.online.import_taking import Portion
from ceremony.online.renewal import Wishes
from ceremony.online.store import Edition, Publication


@dataclass(frozen=True, slots=True)
class Changes:
    """Every change request up to number `last` that waits: path -> entry, None where the path is to go."""

    last: int
    entries: Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery, by its number, and the files that become trusted by it, roots by version."""

    delivery: int
    files: tuple[MetadataFile, ...]


@dataclass(frozen=True, slots=True)
class NewBins:
    """Which bins get a new edition, by number, when there are `count` of them; before there `were` so many, 0 at first.

    Where the two differ, every bin gets one, and every target moves to the bin that its path falls into now.
    """

    count: int
    were: int
    editions: Mapping[int, Edition]


@dataclass(frozen=True, slots=True)
class Intent:
    """One publication that is to be. `roles` are those before bins that get a new edition, `accepted` the delivery.

    `changes_key` is true where the next key becomes the online key, `portion` what it takes of an import, after all
    changes; `wishes` are those for roles to be signed before their time.
    """

    publication: Publication
    bins: NewBins
    roles: Mapping[str, Edition]
    changes: Changes
    projects: ProjectChanges
    accepted: Accepted | None
    changes_key: bool = False
    portion: Portion | None = None
    wishes: Wishes = field(default_factory=Wishes)
