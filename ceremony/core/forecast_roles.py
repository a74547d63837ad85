"""What a forecast looks at: each role at its newest version, when it ends, who signs it, and what leads to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from securesystemslib.signer import Key
from tuf.api.metadata import Delegations, Role, Root, SuccinctRoles, Targets

from ceremony.core import strict_json
from ceremony.core.draft import LIFETIMES_FIELD
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import HOURS_LIMIT
from ceremony.core.policy import ONLINE_ROLES
from ceremony.core.quorum_health import same_key
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tally import Quorum
from ceremony.errors import TamperedError

_ALWAYS_ONLINE = ("snapshot", "timestamp")
_SECONDS_LIMIT = HOURS_LIMIT * 3600
_DEPTH_LIMIT = 32
"""How many roles a client visits at most on its way to a target, with the settings that python-tuf has."""


@dataclass(frozen=True, slots=True)
class DatedRole:
    """One role at its newest version; all bins are one role, with the highest version and the earliest end.

    `quorum` holds only keys that are listed where it is named, so that they can sign. `path` goes from targets down to
    the role itself, both included; root, snapshot and timestamp have none. `online_votes` counts those of its keyids
    whose key signs snapshot or timestamp too.
    """

    role: str
    version: int
    expires: datetime
    quorum: Quorum
    online_votes: int
    path: tuple[str, ...] = ()

    @property
    def is_online(self) -> bool:
        """True when no keyholder is needed to sign it. Root is never signed by a machine alone, whatever its keys."""
        return self.role != "root" and self.online_votes >= self.quorum.threshold


def dated_roles(files: Iterable[MetadataFile]) -> tuple[DatedRole, ...]:
    """Every role of these files that leads on from root: root, targets and what is below it, snapshot, timestamp.

    Of several versions of one role the newest counts; files to which nothing leads are passed over. What is below
    targets comes in the order in which clients search it.
    Raises: TamperedError if root or targets is missing, or a payload is no metadata of its kind.   Spec: 5.6.7.
    """
    newest = _newest(files)
    root, targets = _top(newest)
    quorums = {role: _quorum(role, f"root {root.version}", found, root.keys) for role, found in root.roles.items()}
    online = frozenset(same_key(key) for role in _ALWAYS_ONLINE for key in quorums[role].keys.values())
    trail = _Trail(newest, online)
    return (
        trail.dated("root", root.version, root.expires, quorums["root"]),
        *trail.follow(targets, quorums["targets"], ("targets",)),
        *(
            trail.dated(role, newest[role].version, ending(newest[role], role), quorums[role])
            for role in _ALWAYS_ONLINE
            if role in newest
        ),
    )


def stated_lifetimes(files: Iterable[MetadataFile]) -> Mapping[str, timedelta]:
    """How long the online signer's signatures last, as far as the newest bins says so; by role."""
    bins = _newest(files).get("bins")
    found = _fields(bins).get(LIFETIMES_FIELD) if bins is not None else None
    seconds = found if isinstance(found, Mapping) else {}
    return MappingProxyType(
        {
            role: timedelta(seconds=value)
            for role in ONLINE_ROLES
            if type(value := seconds.get(role)) is int and 0 < value <= _SECONDS_LIMIT
        }
    )


def ending(file: MetadataFile, kind: str) -> datetime:
    """When this file ends, in UTC; of its fields only `_type` (this kind) and `expires` are looked at.

    Raises: TamperedError.   Spec: 4.2.
    """
    fields = _fields(file)
    if fields.get("_type") != kind:
        raise TamperedError(f"no {kind} metadata", file.name)
    try:
        return datetime.strptime(str(fields.get("expires")), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise TamperedError(f"no {kind} metadata, for it does not say when it ends", file.name) from error


class _Trail:
    """The way down from root, along those delegations whose files are there."""

    def __init__(self, newest: Mapping[str, MetadataFile], online: frozenset[str]) -> None:
        self._newest = newest
        self._online = online
        self._seen: set[str] = set()

    def dated(
        self, role: str, version: int, expires: datetime, quorum: Quorum, path: tuple[str, ...] = ()
    ) -> DatedRole:
        """The role, with as many of its votes counted as are online."""
        votes = sum(same_key(key) in self._online for key in quorum.keys.values())
        return DatedRole(role, version, expires, quorum, votes, path)

    def follow(self, signed: Targets, quorum: Quorum, path: tuple[str, ...]) -> Iterator[DatedRole]:
        """The role itself, and everything below it that was not seen before."""
        self._seen.add(quorum.role)
        yield self.dated(quorum.role, signed.version, signed.expires, quorum, path)
        delegations = signed.delegations
        if delegations is None or len(path) >= _DEPTH_LIMIT:
            return
        by = f"{quorum.role} {signed.version}"
        if delegations.succinct_roles is not None or quorum.role == "bins":
            yield from self._bins(delegations, by, path)
            return
        for name, role in (delegations.roles or {}).items():
            if name in self._newest and name not in self._seen:
                below = targets_of(self._newest[name])
                yield from self.follow(below, _quorum(name, by, role, delegations.keys), (*path, name))

    def _bins(self, delegations: Delegations, by: str, path: tuple[str, ...]) -> Iterator[DatedRole]:
        names = [name for name in self._newest if name not in self._seen and _delegates(delegations, name)]
        if not names:
            return
        self._seen.update(names)
        succinct = delegations.succinct_roles
        name, role = ("bin-n", (delegations.roles or {})[names[0]]) if succinct is None else _as_one(succinct)
        version = max(self._newest[each].version for each in names)
        expires = min(ending(self._newest[each], "targets") for each in names)
        yield self.dated(name, version, expires, _quorum(name, by, role, delegations.keys), (*path, name))


def _newest(files: Iterable[MetadataFile]) -> dict[str, MetadataFile]:
    newest: dict[str, MetadataFile] = {}
    for file in files:
        if file.role not in newest or newest[file.role].version < file.version:
            newest[file.role] = file
    return newest


def _top(newest: Mapping[str, MetadataFile]) -> tuple[Root, Targets]:
    if not {"root", "targets"} <= newest.keys():
        raise TamperedError("no root or no targets", "metadata")
    return root_of(newest["root"]), targets_of(newest["targets"])


def _quorum(role: str, by: str, found: Role, keys: Mapping[str, Key]) -> Quorum:
    listed = {keyid: keys[keyid] for keyid in found.keyids if keyid in keys}
    return Quorum(role, by, found.threshold, MappingProxyType(listed))


def _delegates(delegations: Delegations, name: str) -> bool:
    if delegations.succinct_roles is not None:
        return bool(delegations.succinct_roles.is_delegated_role(name))
    return name in (delegations.roles or {})


def _as_one(succinct: SuccinctRoles) -> tuple[str, Role]:
    return f"{succinct.name_prefix}-n", succinct


def _fields(file: MetadataFile) -> Mapping[str, strict_json.Json]:
    found = strict_json.decode_canonical(file.payload, file.name)
    return found if isinstance(found, Mapping) else {}
