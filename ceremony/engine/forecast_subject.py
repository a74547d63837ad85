"""What a forecast is about: the metadata in a bundle, or in a published folder, and whose keys those are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.roster import Roster
from ceremony.core.trusted import decode_published, named_snapshot, newest_names, published_names, trust
from ceremony.core.trusted_rules import shortage, standing_under
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.disk import named
from ceremony.engine.repository import read_repository
from ceremony.errors import TamperedError


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
    files = read_repository(path, with_online=True)
    offline = _trusted(files, pinned)
    return Subject((*offline, *_online(files, offline[0])), Roster())


def _trusted(files: Mapping[str, bytes], pinned: bytes | None) -> tuple[MetadataFile, ...]:
    found = trust(_newest_root(files) if pinned is None else pinned, files)
    return (found.root, *found.targets.values())


def _newest_root(files: Mapping[str, bytes]) -> bytes:
    names = newest_names("root", files)
    if not names:
        raise TamperedError("no root", "metadata")
    return files[max(names, key=lambda name: decode_published(files[name], "root", name).version)]


def _online(files: Mapping[str, bytes], root: MetadataFile) -> Iterator[MetadataFile]:
    """Timestamp, and the snapshot that it names; as many of the two as are there.

    Raises: TamperedError if one is no metadata, or has not the signatures that root asks for.
    """
    for role in ("timestamp", "snapshot"):
        for name in published_names(role, files):
            if role == "timestamp" and named_snapshot(files[name]) is None:
                raise TamperedError("no version of snapshot", name)
            file = decode_published(files[name], role, name)
            short = shortage((standing_under(root, file),))
            if short:
                raise TamperedError(f"too few signatures: {short}", name)
            yield file
