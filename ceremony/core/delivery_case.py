"""What is delivered to an online signer, beside what it trusts already, and what would hold if it took it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from types import MappingProxyType

from tuf.api.metadata import Root, Targets

from ceremony.core.draft import REPOSITORY_FIELD
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import Policy
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tree import Tree, tree_of


@dataclass(frozen=True, slots=True)
class Receiver:
    """The online signer that something is delivered to: its repository, whether it rehearses, and its own key.

    `next_keyid` is the key that it is ready to sign with from the delivery on, "" if it has made none.
    """

    repository: str
    is_rehearsal: bool
    online_keyid: str
    next_keyid: str = ""

    @property
    def keyids(self) -> tuple[str, ...]:
        """Each key that it can sign with."""
        return tuple(each for each in (self.online_keyid, self.next_keyid) if each)


@dataclass(frozen=True)  # without slots, so that what the rules ask for again and again is worked out once
class DeliveryCase:
    """Delivered files beside the trusted ones, at a moment (UTC).

    `trusted_roots` go by version, from the lowest; `trusted` holds the newest trusted targets and what it delegates to
    offline, by role, and is empty before the first delivery, when `fingerprint` is what a person typed. `followed` is
    what the release says it follows: nothing of it is believed, but files that this signer has missed may be among it.
    `listed` is every role that a snapshot of this signer has ever listed, with the last version there. `registered` is,
    by the role in which they are registered here, the projects: the role of each, with its patterns.
    """

    purpose: str
    files: tuple[MetadataFile, ...]
    trusted_roots: tuple[MetadataFile, ...]
    trusted: Mapping[str, MetadataFile]
    receiver: Receiver
    fingerprint: str
    now: datetime
    policy: Policy
    followed: tuple[MetadataFile, ...] = ()
    listed: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    registered: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def standing(self) -> Mapping[str, MetadataFile]:
        """What this signer trusts, by role: the newest root, targets and so on; nothing before the first delivery."""
        return {**self.trusted, **{each.role: each for each in self.trusted_roots}}

    @cached_property
    def tree(self) -> Tree:
        """The tree that would hold, as far as its files are there."""
        return tree_of((*self.standing.values(), *self._unseen, *self.files), self.receiver.keyids)

    @cached_property
    def missed(self) -> tuple[MetadataFile, ...]:
        """What the release follows and this signer has never seen, and what the release does not renew itself."""
        offline = self.tree.offline
        return tuple(each for each in self._unseen if each.role in offline)

    @cached_property
    def arriving(self) -> tuple[MetadataFile, ...]:
        """What would become trusted, roots by version: what was missed, and what is delivered."""
        return tuple(sorted((*self.missed, *self.files), key=lambda each: each.version))

    @cached_property
    def roots(self) -> tuple[MetadataFile, ...]:
        """Every root that is shown, followed or delivered, by version."""
        shown = (each for each in (*self.followed, *self.files) if each.role == "root")
        return tuple(sorted(shown, key=lambda each: each.version))

    @cached_property
    def by_others(self) -> tuple[MetadataFile, ...]:
        """The roots that are followed and that other tools made, before the first of ours: they name no repository."""
        delivered = {each.version for each in self.files if each.role == "root"}
        unnamed = takewhile(lambda each: REPOSITORY_FIELD not in root_of(each).unrecognized_fields, self.roots)
        return tuple(each for each in unnamed if each.version not in delivered)

    @property
    def arriving_roots(self) -> tuple[Root, ...]:
        """The roots of ours that would become trusted, by version; one by others is there to be followed alone."""
        others = {each.version for each in self.by_others}
        return tuple(root_of(each) for each in self.arriving if each.role == "root" and each.version not in others)

    @property
    def root(self) -> Root:
        """The root that would hold."""
        return root_of(self.file("root"))

    def file(self, role: str) -> MetadataFile:
        """The file of `role` that would hold: the newest that arrives, or the trusted one where none does."""
        found = [each for each in (*self.arriving, *self.standing.values()) if each.role == role]
        return max(found, key=lambda each: each.version)

    def targets(self, role: str) -> Targets:
        """The targets that would hold of this role: of targets itself, or of one below it such as bins."""
        return targets_of(self.file(role))

    @cached_property
    def _unseen(self) -> tuple[MetadataFile, ...]:
        """What the release follows and does not renew itself, above what this signer trusts.

        At first that is what others made, so that their clients find every root up to ours.
        """
        if not self.standing:
            return self.by_others
        renewed = {each.role for each in self.files if each.role != "root"}
        versions = {role: file.version for role, file in self.standing.items()}
        return tuple(
            each for each in self.followed if each.role not in renewed and each.version > versions.get(each.role, 0)
        )
