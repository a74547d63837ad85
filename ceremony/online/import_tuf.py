"""Targets of another TUF repository, out of its metadata folder: verified from a pinned root on, as its clients would.

Every file is the one that timestamp and snapshot list, and signed as its delegation asks; every target stands in a role
in which clients look for its path. Where two roles of it contradict each other, nothing is guessed: that is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Delegations, MetaFile, Role, SuccinctRoles, TargetFile, Targets

from ceremony.core import strict_json
from ceremony.core.artifact_rules import ArtifactCase
from ceremony.core.import_rules import (
    ENDING_RULES,
    LISTED_RULES,
    REACH_RULES,
    RESUME_IMPORT_RULES,
    EndingCase,
    ListedCase,
    ReachCase,
    ResumeCase,
)
from ceremony.core.listed_keys import doubled_keys
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import size_limit
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tally import Quorum, tally
from ceremony.core.trusted import decode_published, trust
from ceremony.core.trusted_rules import content_of, shortage
from ceremony.engine.regular_file import read_regular
from ceremony.engine.repository import METADATA_FOLDER, read_repository
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.import_source import ImportRow, Mark, Piece, Refused, row_of
from ceremony.online.import_tuf_heads import differs, verified_snapshot

_ROOT_BYTES = 512_000
_ROLES_MOST = 200_000


class _Endings:
    """Those of a delegator's roles that end a client's search, by their place among all."""

    def __init__(self, roles: Iterable[DelegatedRole]) -> None:
        ending = [(place, each) for place, each in enumerate(roles) if each.terminating]
        self._patterns = [(place, each) for place, each in ending if each.path_hash_prefixes is None]
        self._prefixes: dict[str, int] = {}
        for place, each in ending:
            for prefix in each.path_hash_prefixes or ():
                self._prefixes.setdefault(prefix, place)
        self._lengths = {len(each) for each in self._prefixes}

    def hide(self, path: str, place: int) -> bool:
        """True when one of them that comes before this place ends the search for this path."""
        if self._lengths:
            digest = sha256(path.encode()).hexdigest()
            if any(self._prefixes.get(digest[:length], place) < place for length in self._lengths):
                return True
        return any(before < place and each.is_delegated_path(path) for before, each in self._patterns)


@dataclass(frozen=True, slots=True)
class _Way:
    """How clients come to a role: the delegation to it, and its place among those of the same delegator."""

    name: str
    role: Role | SuccinctRoles
    place: int
    endings: _Endings

    def leads(self, path: str) -> bool:
        """True when clients look for this path there."""
        if isinstance(self.role, SuccinctRoles):
            return self.role.get_role_for_target(path) == self.name
        is_for = isinstance(self.role, DelegatedRole) and self.role.is_delegated_path(path)
        return is_for and not self.endings.hide(path, self.place)


@dataclass(frozen=True, slots=True)
class _Step:
    """A role that is to be read: who delegates to it, with which keys, and on which way clients come there."""

    name: str
    lister: str
    role: Role | SuccinctRoles
    keys: Mapping[str, Key]
    ways: tuple[_Way, ...] = ()


class TufSource:
    """A repository's metadata folder, and the root that somebody has pinned."""

    def __init__(self, folder: Path, root: Path, now: datetime) -> None:
        """Root, timestamp and snapshot are verified; `now` is UTC.

        Raises: RefusedError by a rule of TRUSTED_RULES, LISTED_RULES or ENDING_RULES; TamperedError; StorageError.
        """
        self._folder = folder / METADATA_FOLDER if (folder / METADATA_FOLDER).is_dir() else folder
        self._place = folder
        self._now = now
        files = read_repository(folder, with_online=True)
        self._root = trust(read_regular(root, _ROOT_BYTES, where=str(root)), files).root
        self._snapshot = verified_snapshot(self._root, files, now)

    @property
    def name(self) -> str:
        """Its format and its place."""
        return f"tuf {self._place.absolute()}"

    @property
    def total(self) -> int:
        """How many roles have targets, as far as the snapshot tells."""
        return len(self._snapshot.meta)

    def pieces(self, mark: Mark) -> Iterator[Piece]:
        """Role after role, each after the one that delegates to it; lines are targets, counted from the first on.

        Raises: RefusedError (IMPORT-SAME, and for the first file that its clients would not take); TamperedError;
        StorageError.
        """
        digest, line = sha256(), mark.line
        position = 0
        for position, (step, file, targets) in enumerate(self._walk(), 1):
            digest.update(f"{step.name} {len(file.payload)}\n".encode() + file.payload)
            if position == mark.position:
                RESUME_IMPORT_RULES.check(ResumeCase(mark.digest, digest.hexdigest(), position))
            if position > mark.position:
                rows, refused = _rows(step, targets, line)
                line += len(targets.targets)
                yield Piece(rows, refused, Mark(position, line, digest.hexdigest()))
        if mark.position > position:
            RESUME_IMPORT_RULES.check(ResumeCase(mark.digest, digest.hexdigest(), mark.position))

    def _walk(self) -> Iterator[tuple[_Step, MetadataFile, Targets]]:
        root = root_of(self._root)
        waiting = [_Step("targets", self._root.name, root.roles["targets"], root.keys)]
        seen = {"targets"}
        while waiting:
            step = waiting.pop()
            file = self._file(step)
            targets = targets_of(file)
            ENDING_RULES.check(EndingCase(file.name, targets.expires, self._now))
            yield step, file, targets
            below = [each for each in self._below(step, file, targets) if each.name not in seen]
            seen.update(each.name for each in below)
            if len(seen) > _ROLES_MOST:
                raise TamperedError(f"more than {_ROLES_MOST} roles", str(self._folder))
            waiting += reversed(below)

    def _below(self, step: _Step, file: MetadataFile, targets: Targets) -> Iterator[_Step]:
        delegations = targets.delegations
        if delegations is None:
            return
        for role in doubled_keys(content_of(file)):
            self._refuse(file.name, step.lister, f"one public key twice in {role}", "as many public keys as keyids")
        for way in _ways(delegations):
            # Where it is not listed, nobody has signed anything for it yet: clients find nothing there.
            if f"{way.name}.json" in self._snapshot.meta:
                yield _Step(way.name, file.name, way.role, delegations.keys, (*step.ways, way))

    def _file(self, step: _Step) -> MetadataFile:
        listed = self._snapshot.meta.get(f"{step.name}.json")
        if listed is None:
            self._refuse(step.name, "snapshot", "not listed", "a version")
            raise AssertionError(step.name)
        data = self._read(step.name, listed)
        file = decode_published(data, step.name, f"{step.name}.json")
        found = "" if file.version == listed.version else f"version {file.version}"
        self._refuse(file.name, "snapshot", found or differs(listed, data), f"version {listed.version} as it is listed")
        keys = {keyid: step.keys[keyid] for keyid in step.role.keyids if keyid in step.keys}
        quorum = Quorum(step.name, step.lister, step.role.threshold, MappingProxyType(keys))
        self._refuse(file.name, step.lister, shortage(tally((file,), (quorum,))), "as many signatures as are asked for")
        return file

    def _read(self, role: str, listed: MetaFile) -> bytes:
        name = quote(role, safe="")
        versioned = self._folder / f"{listed.version}.{name}.json"
        path = versioned if versioned.exists() else self._folder / f"{name}.json"
        return read_regular(path, size_limit(role), where=str(path))

    def _refuse(self, name: str, lister: str, found: str, wanted: str) -> None:
        LISTED_RULES.check(ListedCase(name, lister, found, wanted))


def _ways(delegations: Delegations) -> Iterator[_Way]:
    roles = tuple((delegations.roles or {}).values())
    endings = _Endings(roles)
    if delegations.succinct_roles is not None:
        yield from (
            _Way(name, delegations.succinct_roles, 0, endings) for name in delegations.succinct_roles.get_roles()
        )
    yield from (_Way(role.name, role, place, endings) for place, role in enumerate(roles))


def _rows(step: _Step, targets: Targets, line: int) -> tuple[list[ImportRow], list[Refused]]:
    rows: list[ImportRow] = []
    refused: list[Refused] = []
    for at, (path, target) in enumerate(targets.targets.items(), line + 1):
        try:
            is_reached = all(way.leads(path) for way in step.ways)
            REACH_RULES.check(ReachCase(path, step.name, is_reached))
            rows.append(row_of(path, _case(target), at))
        except RefusedError as refusal:
            refused.append(Refused(at, path[:120], refusal))
    return rows, refused


def _case(target: TargetFile) -> ArtifactCase:
    custom: strict_json.Json = target.unrecognized_fields.get("custom")
    return ArtifactCase(target.length, target.hashes, custom)
