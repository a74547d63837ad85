"""The content of targets on a directory shelf: whether it is what metadata says, and what none names any more."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from sqlalchemy import Connection, select

from ceremony.core import strict_json
from ceremony.core.plan import instant_text
from ceremony.core.signed import targets_of
from ceremony.core.strict_json import Json
from ceremony.engine.disk import named
from ceremony.online.bins import bin_of
from ceremony.online.project_files import Upload, published_uploads, shown_uploads, uploads_after
from ceremony.online.shelf import artifact_of
from ceremony.online.store import Store
from ceremony.online.tables import CHANGES, HELD, PUBLICATIONS, TARGETS

_HASHED = re.compile(r"([0-9a-f]{64})\.(.+)")
_AT_ONCE = 64

Watch = Callable[[int, int], None]
"""Told how many targets of how many have been looked at."""


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """What became of the content of targets: how many are here and right, not here, and here but wrong, by path.

    Content that is not here may be served from elsewhere: the signer knows many targets only as somebody told them. It
    took in that of projects itself, and where that is not here, it is wrong too.
    """

    good: int
    absent: int
    wrong: tuple[str, ...]


class _Named(NamedTuple):
    """A target as metadata names it; its SHA-256 is "" where it has another hash alone."""

    path: str
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _File:
    """The content of a target, by its name: where it lies, the target's path, and its SHA-256 in hex."""

    place: Path
    path: str
    digest: str


def check_target_files(store: Store, folder: Path, watch: Watch) -> TargetCheck:
    """How the content of all targets stands that lies in `folder`, read to its last byte.

    Raises: StorageError; TamperedError.
    """
    by_projects = [*_named_by(published_uploads(store).values())]
    total, done, absent, wrong = store.target_count() + len(by_projects), 0, 0, list[str]()
    for is_ours, named_targets in ((False, _named_by_bins(store)), (True, by_projects)):
        for each in named_targets:
            is_good = _is_good(folder, each)
            absent += is_good is None and not is_ours
            wrong += [each.path] if is_good is False or (is_good is None and is_ours) else []
            done += 1
            watch(done, total)
    return TargetCheck(done - absent - len(wrong), absent, tuple(wrong))


def sweep_target_files(store: Store, folder: Path, now: datetime, retention: timedelta) -> int:
    """How many files of removed or replaced targets were deleted, `retention` and more after clients saw that.

    A file that is younger is never touched, nor one whose name nobody but this signer could have meant otherwise.
    Raises: StorageError.
    """
    since = now - retention
    shown = shown_uploads(store, since)
    last = max((each.number for each in shown), default=0)
    by_projects = {(each.path, each.sha256) for each in _named_by(shown)}
    unnamed = (each for each in _files(folder) if (each.path, each.digest) not in by_projects)
    old = [each for each in unnamed if _is_old(each, since) and not _is_wanted(store, each.path, each.digest, since)]
    return sum(_delete_all(store, old[start : start + _AT_ONCE], last, since) for start in range(0, len(old), _AT_ONCE))


def _delete_all(store: Store, files: Sequence[_File], last: int, since: datetime) -> int:
    """How many of these were deleted: those that no upload after the `last` names, either."""
    deleted = 0
    # Nobody acknowledges an upload meanwhile: whoever counts on a file that lies here looks once more when it is over.
    with store.writing() as connection:
        by_projects = {(each.path, each.sha256) for each in _named_by(uploads_after(connection, last))}
        for each in files:
            with named(each.place), contextlib.suppress(FileNotFoundError):
                is_wanted = (each.path, each.digest) in by_projects or _is_wanted(store, each.path, each.digest, since)
                if _is_old(each, since) and not is_wanted:
                    each.place.unlink()
                    deleted += 1
    return deleted


def _named_by_bins(store: Store) -> Iterator[_Named]:
    for number in range(len(store.bins())):
        for _, fragments in store.fragments([number]):
            for fragment in fragments:
                yield from _entries(fragment)


def _entries(fragment: bytes) -> Iterator[_Named]:
    fields = strict_json.decode_canonical(b"{%s}" % fragment, "targets")
    for path, each in _table(fields).items():
        length, digest = _table(each).get("length"), _table(_table(each).get("hashes")).get("sha256", "")
        yield _Named(path, length if type(length) is int else -1, digest if isinstance(digest, str) else "")


def _table(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _is_good(folder: Path, target: _Named) -> bool | None:
    """None where there is no such file."""
    pure = PurePosixPath(target.path)
    name = f"{target.sha256}.{pure.name}"
    if not _HASHED.fullmatch(name):
        return None
    file = folder / pure.with_name(name)
    with named(file):
        if not file.is_file():
            return None
    found = artifact_of(file)
    return (found.length, found.sha256) == (target.length, target.sha256)


def _named_by(uploads: Iterable[Upload]) -> Iterator[_Named]:
    for upload in uploads:
        for path, target in targets_of(upload.file).targets.items():
            yield _Named(path, target.length, target.hashes.get("sha256", ""))


def _files(folder: Path) -> Iterator[_File]:
    """Every file that is named as this signer names targets."""
    for place in _walk(folder):
        match = _HASHED.fullmatch(place.name)
        if match:
            yield _File(place, (place.relative_to(folder).parent / match[2]).as_posix(), match[1])


def _is_old(file: _File, since: datetime) -> bool:
    with named(file.place), contextlib.suppress(FileNotFoundError):
        return file.place.lstat().st_mtime < since.timestamp()
    return False


def _walk(folder: Path) -> Iterable[Path]:
    with named(folder):
        # Links are no files of ours, wherever they lead.
        return [each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()]


def _is_wanted(store: Store, path: str, digest: str, since: datetime) -> bool:
    """True while the path has this content, or had it after `since`, or is about to get it."""
    with store.reading() as connection:
        standing = select(TARGETS.c.fragment).where(
            TARGETS.c.bin == bin_of(path, _count(store)), TARGETS.c.path == path
        )
        named_now = connection.execute(standing).scalar()
        held = connection.execute(select(HELD.c.number).where(HELD.c.path == path).limit(1)).first()
        return held is not None or _has(named_now, digest) or _changed_after(connection, path, since)


def _count(store: Store) -> int:
    return max(1, len(store.bins()))


def _has(fragment: bytes | None, digest: str) -> bool:
    return fragment is not None and digest.encode() in fragment


def _changed_after(connection: Connection, path: str, since: datetime) -> bool:
    last = select(CHANGES.c.publication, PUBLICATIONS.c.at).join(PUBLICATIONS, isouter=True)
    row = connection.execute(last.where(CHANGES.c.path == path).order_by(CHANGES.c.number.desc()).limit(1)).first()
    return row is not None and (row.publication is None or row.at > instant_text(since))
