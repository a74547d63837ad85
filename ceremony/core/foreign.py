"""A repository that others have made, looked through: what clients of today refuse in it, why, and where trust starts.

Nothing is refused here and nothing becomes trusted: this tells people which root to pin, and `trust` is the judge.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from tuf.api.metadata import Snapshot, Timestamp

from ceremony.core import strict_json
from ceremony.core.findings import CLIENTS, STRICT, Finding, findings_in
from ceremony.core.forecast_roles import ending
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.tally import Standing
from ceremony.core.trusted import PINNED, decode_published, delegated_roles, newest_names, published_names
from ceremony.core.trusted_rules import is_fork, shortage, standing_under, trouble_reading
from ceremony.errors import TamperedError

_ONLINE: Mapping[str, type[Snapshot | Timestamp]] = MappingProxyType({"snapshot": Snapshot, "timestamp": Timestamp})
_TOP = ("targets", *_ONLINE)
"""What root itself delegates to."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One file, and what was found: about the file itself, and about how it follows what vouches for it.

    `standings` are the quorums it was counted under: for a root those of the root before it and of itself, for another
    file that of whoever delegates to it. A quorum that cannot be read is not there. `expires` is UTC, None in a file
    that clients cannot read.
    """

    name: str
    role: str
    version: int
    own: tuple[Finding, ...]
    link: tuple[Finding, ...]
    standings: tuple[Standing, ...]
    expires: datetime | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found."""
        return (*self.own, *self.link)

    def stopping(self, client: str = STRICT) -> tuple[Finding, ...]:
        """Every finding that stops this client."""
        return tuple(each for each in self.findings if client in each.stops)


@dataclass(frozen=True, slots=True)
class Survey:
    """A whole repository: the version of the pinned root, every root by version, and the newest of all other files.

    Those are targets, what targets delegates to offline, and snapshot and timestamp if they were shown.
    """

    pinned: int
    roots: tuple[Surveyed, ...]
    files: tuple[Surveyed, ...]

    def start(self, client: str = STRICT) -> int | None:
        """The first root from which this client comes to the last one; None if it does not even take the last one."""
        start = None
        for root in reversed(self.roots):
            if any(client in each.stops for each in root.own):
                break
            start = root.version
            if any(client in each.stops for each in root.link):
                break
        return start

    def reasons(self, client: str = STRICT) -> tuple[tuple[str, Finding], ...]:
        """Why trust starts there and no earlier: names of files, each with a finding that stops this client."""
        start = self.start(client)
        before = [root for root in self.roots if start is None or root.version < start][-1:]
        first = [root for root in self.roots if root.version == start]
        own = [(root.name, each) for root in before for each in root.own if client in each.stops]
        return (*own, *((root.name, each) for root in first for each in root.link if client in each.stops))

    def reaches(self, client: str = STRICT) -> bool:
        """True when this client comes from the pinned root to the last one."""
        start = self.start(client)
        return start is not None and start <= self.pinned

    def stopped(self, client: str = STRICT) -> tuple[Surveyed, ...]:
        """The files below the last root at which this client stops, once it has come there."""
        return tuple(file for file in self.files if file.stopping(client))

    def expired(self, now: datetime) -> tuple[Surveyed, ...]:
        """What has ended at this moment, of the last root and the files below it; an older root may have.

        Spec: 5.3.10, 5.4.4, 5.5.6, 5.6.5.
        """
        newest = (*self.roots[-1:], *self.files)
        return tuple(each for each in newest if each.expires is not None and each.expires <= now)


@dataclass(frozen=True, slots=True)
class _Look:
    """One file by itself: `version` is the one its name tells, if any; `file` is None if clients cannot read it."""

    role: str
    name: str
    version: int
    file: MetadataFile | None
    findings: tuple[Finding, ...]


def survey(pinned: bytes, files: Mapping[str, bytes]) -> Survey:
    """What stands in a repository, from its first root on; `files` go by the names under which they are published.

    Raises: TamperedError if the pinned root is no metadata at all.
    """
    own = decode_published(pinned, "root", PINNED)
    looks = {each.version: each for each in _looks("root", published_names("root", files), files)}
    if own.version not in looks:
        looks[own.version] = _look("root", PINNED, own.version, pinned)
    ordered = [looks[version] for version in sorted(looks)]
    roots = (_survey_root(each, looks.get(each.version - 1), own, is_first=each is ordered[0]) for each in ordered)
    return Survey(own.version, tuple(roots), tuple(_survey_files(ordered[-1], {**files, own.name: pinned})))


def _survey_root(look: _Look, before: _Look | None, pinned: MetadataFile, *, is_first: bool) -> Surveyed:
    under, itself = _standings(before, look), _standings(look, look)
    own = [*look.findings, *_short("quorum-new", itself)]
    if look.file is not None and is_fork(look.file, pinned):
        own.append(Finding("fork", "other content than the pinned root", "the same content", CLIENTS))
    links = [*_short("quorum-old", under)]
    if before is None and not is_first:
        links.append(Finding("gap", f"no {look.version - 1}.root.json", "every version", CLIENTS))
    return Surveyed(look.name, "root", look.version, tuple(own), tuple(links), (*under, *itself), _end(look))


def _survey_files(root: _Look, files: Mapping[str, bytes]) -> Iterator[Surveyed]:
    newest = {role: _newest(role, files) for role in (*_TOP, *delegated_roles(files))}
    named = {**_named_in(newest["timestamp"]), **_named_in(newest["snapshot"])}
    below = [role for role in newest if role not in _TOP]
    for role in ("targets", *below, "snapshot", "timestamp"):
        look = newest[role]
        if look is not None:
            standings = _standings(root if role in _TOP else newest["targets"], look)
            links = (*_short("quorum", standings), *_other_version(look, named.get(role)))
            yield Surveyed(look.name, role, look.version, look.findings, links, standings, _end(look))


def _named_in(look: _Look | None) -> Mapping[str, int]:
    """The version of each role that this snapshot, or timestamp, tells clients to take."""
    if look is None or look.file is None:
        return {}
    meta = _ONLINE[look.role].from_dict(_fields(look.file))
    found = {"snapshot.json": meta.snapshot_meta} if isinstance(meta, Timestamp) else meta.meta
    return {name.removesuffix(".json"): each.version for name, each in found.items()}


def _other_version(look: _Look, named: int | None) -> Iterator[Finding]:
    if named is not None and named != look.version:
        # What is newer than what clients are told to take is not published yet, and stops nobody.
        stops = CLIENTS if look.version < named else ()
        yield Finding("version-named", f"version {look.version}", f"version {named}, which clients look for", stops)


def _end(look: _Look) -> datetime | None:
    if look.file is None:
        return None
    return ending(look.file, look.role if look.role in {"root", *_ONLINE} else "targets")


def _newest(role: str, files: Mapping[str, bytes]) -> _Look | None:
    return max(_looks(role, newest_names(role, files), files), key=lambda each: each.version, default=None)


def _looks(role: str, names: Iterable[str], files: Mapping[str, bytes]) -> Iterator[_Look]:
    # Names that tell a version come last: of two files of one version theirs is the one that clients ask for.
    told = published_names(role, names)
    for name in sorted(told, key=lambda each: told[each] or 0):
        yield _look(role, name, told[name], files[name])


def _look(role: str, name: str, version: int | None, data: bytes) -> _Look:
    findings: list[Finding] = []
    try:
        findings += findings_in(role, data, strict_json.decode(data, name))
        file = decode_published(data, role, name)
        trouble = _trouble(file)
    except TamperedError as error:
        file, trouble = None, error.what
    if file is not None and version not in (file.version, None):
        trouble = f"version {file.version} under the name of another"
    if trouble:
        findings.append(Finding("unreadable", trouble, "metadata that clients of today can read", CLIENTS))
    told = version or (file.version if file is not None else 0)
    return _Look(role, name, told, None if trouble else file, tuple(findings))


def _trouble(file: MetadataFile) -> str:
    kind = _ONLINE.get(file.role)
    if kind is None:
        return trouble_reading(file)
    try:
        is_same = strict_json.encode(kind.from_dict(_fields(file)).to_dict()) == file.payload
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"no {file.role} metadata ({error})"
    return "" if is_same else "it is read as other bytes than these"


def _fields(file: MetadataFile) -> dict[str, strict_json.Json]:
    found = strict_json.decode_canonical(file.payload, file.name)
    return found if isinstance(found, dict) else {}


def _standings(delegator: _Look | None, look: _Look) -> tuple[Standing, ...]:
    if delegator is None or delegator.file is None or look.file is None:
        return ()
    return (standing_under(delegator.file, look.file),)


def _short(name: str, standings: tuple[Standing, ...]) -> Iterator[Finding]:
    for each in standings:
        if not each.is_complete:
            yield Finding(name, shortage((each,)), f"{each.threshold} signatures by keys of {each.by}", CLIENTS)
