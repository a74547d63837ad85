"""The tree that keyholders sign: root, targets, and what targets delegates to; and which of it the online key signs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tuf.api.metadata import DelegatedRole, Targets

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.signed import root_of, targets_of


@dataclass(frozen=True, slots=True)
class Tree:
    """What holds of some files. `offline` and `online` are roles, in the order in which clients ask them.

    `offline` begins with root and targets, and bins is always among it; `files` are those of its roles that are there.
    """

    files: Mapping[str, MetadataFile]
    offline: tuple[str, ...]
    online: tuple[str, ...]

    @property
    def before_bins(self) -> tuple[str, ...]:
        """The roles that keyholders sign and that clients ask before bins."""
        return tuple(role for role in self.offline if role not in OFFLINE_ROLES)

    @property
    def projects(self) -> Mapping[str, str]:
        """The role of each project that keyholders have delegated to -> the role that delegates to it."""
        there = {role: targets_of(self.files[role]) for role in self.before_bins if role in self.files}
        return {project: role for role, found in there.items() for project in roles_below(found)}


def tree_of(files: Iterable[MetadataFile], keyids: Collection[str] = ()) -> Tree:
    """What holds of these files: the newest root, the newest targets, and the newest of each role they lead to.

    A role that nobody signs but the online key, as that root names it or one of `keyids`, is online. Nothing is
    verified here.
    Raises: TamperedError if root or targets cannot be read.
    """
    newest = {each.role: each for each in sorted(files, key=lambda each: each.version)}
    top = root_of(newest["root"]).roles if "root" in newest else {}
    below = roles_below(targets_of(newest["targets"])) if "targets" in newest else {}
    signing = {keyid for role in ("snapshot", "timestamp") if role in top for keyid in top[role].keyids}
    online = [role for role, found in below.items() if role != "bins" and {*found.keyids} <= signing.union(keyids)]
    offline = dict.fromkeys(("root", "targets", *(role for role in below if role not in online), "bins"))
    return Tree({role: newest[role] for role in offline if role in newest}, tuple(offline), tuple(online))


def roles_below(targets: Targets) -> Mapping[str, DelegatedRole]:
    """The roles that this delegates to by name, in the order in which clients ask them."""
    delegations = targets.delegations
    return {} if delegations is None or delegations.roles is None else delegations.roles
