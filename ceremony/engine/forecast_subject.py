"""What a forecast is about: the metadata in a bundle, or in a published folder, and whose keys those are."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.roster import Roster
from ceremony.core.trusted import decode_published, newest_names, trust
from ceremony.core.trusted_rules import shortage, standing_under
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.disk import named
from ceremony.engine.repository import METADATA_FOLDER, read_repository
from ceremony.errors import TamperedError

_TIMESTAMP_LIMIT = 16_384
"""Bytes that a client with default settings takes for a timestamp."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The newest file of each role, root first; none where nothing has been drafted yet.

    `is_unfinished` is true for a ceremony that is not over: what its files say holds once they are signed. All other
    files have the signatures they need, counted from the root that was pinned; from the newest one where none was.
    """

    files: tuple[MetadataFile, ...]
    roster: Roster
    is_unfinished: bool = False


def read_subject(path: Path, pinned: bytes | None = None) -> Subject:
    """What the bundle or the published folder at `path` holds; `pinned` is a root that is trusted here.

    A published folder may stand in `metadata/` below `path`; of its online files, timestamp and the snapshot that it
    names are read.
    Raises: RefusedError by a rule for trusted metadata; TamperedError; SettingsError; StorageError.
    """
    with named(path):
        is_bundle = (path / "plan.toml").exists()
    return _in_bundle(open_bundle(path), pinned) if is_bundle else _published(path, pinned)


def _in_bundle(bundle: Bundle, pinned: bytes | None) -> Subject:
    if bundle.purpose != "release":
        return Subject(bundle.files, bundle.roster, is_unfinished=True)
    before = bundle.before.trusted if bundle.before else None
    held = (*before.roots, *before.targets.values()) if before else ()
    files = {file.name: file.encode() for file in (*held, *bundle.files)}
    return Subject(_trusted(files, pinned), bundle.roster)


def _published(path: Path, pinned: bytes | None) -> Subject:
    offline = _trusted(read_repository(path), pinned)
    with named(path):
        inner = path / METADATA_FOLDER
        folder = inner if inner.is_dir() else path
    return Subject((*offline, *_online(folder, offline[0])), Roster())


def _trusted(files: Mapping[str, bytes], pinned: bytes | None) -> tuple[MetadataFile, ...]:
    found = trust(_newest_root(files) if pinned is None else pinned, files)
    return (found.root, *found.targets.values())


def _newest_root(files: Mapping[str, bytes]) -> bytes:
    names = newest_names("root", files)
    if not names:
        raise TamperedError("no root", "metadata")
    return files[max(names, key=lambda name: decode_published(files[name], "root", name).version)]


def _online(folder: Path, root: MetadataFile) -> Iterator[MetadataFile]:
    """Timestamp, and the snapshot that it names; as many of the two as are there.

    Raises: TamperedError if one is no metadata, or has not the signatures that root asks for; StorageError.
    """
    timestamp = _read_role(folder, ("timestamp.json",), "timestamp", _TIMESTAMP_LIMIT, root)
    if timestamp is None:
        return
    yield timestamp
    names = (f"{_named_version(timestamp)}.snapshot.json", "snapshot.json")
    snapshot = _read_role(folder, names, "snapshot", CLIENT_SIZE_LIMITS["snapshot"], root)
    if snapshot is not None:
        yield snapshot


def _named_version(timestamp: MetadataFile) -> int:
    found = strict_json.decode_canonical(timestamp.payload, timestamp.name)
    for name in ("meta", "snapshot.json", "version"):
        found = found.get(name) if isinstance(found, Mapping) else None
    if type(found) is not int:
        raise TamperedError("no version of snapshot", timestamp.name)
    return found


def _read_role(folder: Path, names: tuple[str, ...], role: str, limit: int, root: MetadataFile) -> MetadataFile | None:
    for name in names:
        data = _read_regular(folder / name, limit)
        if data is not None:
            file = decode_published(data, role, name)
            short = shortage((standing_under(root, file),))
            if short:
                raise TamperedError(f"too few signatures: {short}", name)
            return file
    return None


def _read_regular(path: Path, limit: int) -> bytes | None:
    """The bytes of the file at `path`, None if nothing is there; no link is followed, and no pipe is waited for."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with ExitStack() as stack, named(path):
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            return None
        stack.callback(os.close, descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise TamperedError("a link or a special file", path.name)
        data = bytearray()
        while len(data) <= limit and (more := os.read(descriptor, limit + 1 - len(data))):
            data += more
    if len(data) > limit:
        raise TamperedError(f"larger than {limit} bytes", path.name)
    return bytes(data)
