"""What a machine trusts of a repository already: worked out from the root it has itself and the files it is shown."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from ceremony.core import strict_json
from ceremony.core.metadata_file import SIGNATURE_HEX, MetadataFile
from ceremony.core.signed import root_of, targets_of
from ceremony.core.strict_json import Json
from ceremony.core.trusted_rules import TRUSTED_RULES, TrustedCase
from ceremony.errors import TamperedError

PINNED = "the pinned root"
"""How the root that a machine has itself is called where files are called by their names."""

_VERSION_LIMIT = 1_000_000_000
_KEYID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Trusted:
    """What a machine trusts: every root from the pinned one on, and the offline targets files below the last.

    `roots` are of consecutive versions, the pinned one first. `targets` goes from role to file: `targets` itself and
    the roles it delegates to offline, such as `bins`; a file that the machine was not shown is not there.
    """

    roots: tuple[MetadataFile, ...]
    targets: Mapping[str, MetadataFile]

    @property
    def root(self) -> MetadataFile:
        """The last root."""
        return self.roots[-1]

    def file(self, role: str) -> MetadataFile | None:
        """The trusted file of this role, the last of several; None if there is none."""
        return self.root if role == "root" else self.targets.get(role)


def trust(pinned: bytes, files: Mapping[str, bytes]) -> Trusted:
    """What a machine that has the root `pinned` trusts of these files of a repository.

    `files` go by the names under which they are published. Roots below the pinned one are not looked at, nor is any
    file that the online key signs; of the others the newest one counts, and it alone: an older one that would verify is
    no substitute for a newer one that does not. What has expired is trusted still, as the base of its successor.
    Raises: RefusedError by a rule of TRUSTED_RULES; TamperedError for bytes that are no metadata, or that say they are
    another version than their name does.   Spec: 5.3, 5.6.
    """
    first = decode_published(pinned, "root", PINNED)
    roles = ("targets", *delegated_roles({**files, first.name: pinned}))
    newest = {role: _newest_of(role, files) for role in roles}
    found = {role: file for role, file in newest.items() if file is not None}
    case = TrustedCase(first, _roots_from(first.version, files), found)
    TRUSTED_RULES.check(case)
    return Trusted(case.roots, MappingProxyType(dict(case.files)))


def decode_published(data: bytes, role: str, where: str) -> MetadataFile:
    """The metadata file of `role` in `data`, in whatever layout others have published it.

    Whitespace, order and what stands unsigned beside it do not count. What stands where a signature should and can be
    none, such as the empty ones that mark who has not signed, is left out.
    Raises: TamperedError, naming `where`, if it is no strict JSON, no signed metadata, or one key has two signatures.
    """
    value = strict_json.decode(data, where)
    signed = value.get("signed") if isinstance(value, Mapping) else None
    signatures = value.get("signatures") if isinstance(value, Mapping) else None
    if not isinstance(signed, Mapping) or not isinstance(signatures, list):
        raise TamperedError("no signed metadata", where)
    version = signed.get("version")
    if type(version) is not int or not 0 < version < _VERSION_LIMIT:
        raise TamperedError(f"version {version!r}"[:80], where)
    return MetadataFile(role, version, strict_json.encode(signed), _signatures(signatures, where))


def published_names(role: str, names: Iterable[str]) -> dict[str, int | None]:
    """Which of these names are files of this role, and of which version; None for a name that tells no version.

    Spec: 6.2, both with consistent snapshots and without.
    """
    pattern = re.compile(rf"(?:([1-9][0-9]{{0,8}})\.)?{re.escape(quote(role, safe=''))}\.json")
    found = ((name, pattern.fullmatch(name)) for name in names)
    return {name: int(match[1]) if match[1] else None for name, match in found if match}


def newest_names(role: str, names: Iterable[str]) -> tuple[str, ...]:
    """Under which of these names the newest file of this role can stand: the highest version, or the one without."""
    found = published_names(role, names)
    highest = max((version for version in found.values() if version is not None), default=None)
    return tuple(name for name, version in found.items() if version in (highest, None))


def named_snapshot(timestamp: bytes) -> int | None:
    """The version of snapshot that this timestamp names; None if it names none, or is no metadata.

    Nothing is verified here: this only says what to look at.   Spec: 4.6.
    """
    try:
        found: Json = strict_json.decode(timestamp, "timestamp.json")
    except TamperedError:
        return None
    for name in ("signed", "meta", "snapshot.json", "version"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if type(found) is int else None


def delegated_roles(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The roles to which the newest targets delegates, and which not the online keys alone sign, in its order.

    Nothing is verified here, and where root or targets cannot be read there are none: this only says what to look at.
    """
    try:
        root, targets = _newest_of("root", files), _newest_of("targets", files)
        top = {} if root is None else root_of(root).roles
        delegations = None if targets is None else targets_of(targets).delegations
    except TamperedError:
        return ()
    online = {keyid for role in ("snapshot", "timestamp") if role in top for keyid in top[role].keyids}
    roles = {} if delegations is None or delegations.roles is None else delegations.roles
    return tuple(role for role, found in roles.items() if isinstance(role, str) and not {*found.keyids} <= online)


def _roots_from(lowest: int, files: Mapping[str, bytes]) -> tuple[MetadataFile, ...]:
    names = tuple(name for name, version in published_names("root", files).items() if (version or lowest) >= lowest)
    found = _decoded("root", names, files)
    return tuple(found[version] for version in sorted(found) if version >= lowest)


def _newest_of(role: str, files: Mapping[str, bytes]) -> MetadataFile | None:
    found = _decoded(role, newest_names(role, files), files)
    return found[max(found)] if found else None


def _decoded(role: str, names: tuple[str, ...], files: Mapping[str, bytes]) -> dict[int, MetadataFile]:
    found: dict[int, MetadataFile] = {}
    for name, version in published_names(role, names).items():
        file = decode_published(files[name], role, name)
        if version not in (file.version, None):
            raise TamperedError(f"version {file.version} under the name of another", name)
        if found.setdefault(file.version, file).payload != file.payload:
            raise TamperedError(f"another version {file.version} than the other file of it", name)
    return found


def _signatures(found: list[Json], where: str) -> Mapping[str, str]:
    signatures: dict[str, str] = {}
    for each in found:
        keyid, sig_hex = (each.get("keyid"), each.get("sig")) if isinstance(each, Mapping) else (None, None)
        if not isinstance(keyid, str) or not isinstance(sig_hex, str):
            raise TamperedError("a signature without keyid and sig", where)
        if keyid in signatures:
            raise TamperedError(f"two signatures by the key {keyid[:16]}", where)
        signatures[keyid] = sig_hex.lower()
    can_be = {
        keyid: sig for keyid, sig in signatures.items() if _KEYID.fullmatch(keyid) and SIGNATURE_HEX.fullmatch(sig)
    }
    return MappingProxyType(can_be)
