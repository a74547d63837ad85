"""The content of targets on a directory shelf: whether it is what metadata says, and what none names any more."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, select

from ceremony.core import strict_json
from ceremony.core.plan import instant_text
from ceremony.core.signed import targets_of
from ceremony.core.strict_json import Json
from ceremony.engine.disk import named
from ceremony.online.bins import bin_of
from ceremony.online.project_files import published_uploads, waiting_uploads
from ceremony.online.shelf import artifact_of
from ceremony.online.store import Store
from ceremony.online.tables import CHANGES, HELD, PUBLICATIONS, TARGETS

_HASHED = re.compile(r"([0-9a-f]{64})\.(.+)")

Watch = Callable[[int, int], None]
"""Told how many targets of how many have been looked at."""


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """What became of the content of targets: how many are here and right, not here, and here but wrong, by path.

    Content that is not here may be served from elsewhere: the signer knows many targets only as somebody told them.
    """

    good: int
    absent: int
    wrong: tuple[str, ...]


def check_target_files(store: Store, folder: Path, watch: Watch) -> TargetCheck:
    """How the content of all targets stands that lies in `folder`, read to its last byte.

    Raises: StorageError.
    """
    total, absent, wrong = store.target_count(), 0, []
    done = 0
    for done, (path, length, sha256) in enumerate(_named_by_bins(store), 1):
        is_good = _is_good(folder, path, length, sha256)
        absent += is_good is None
        wrong += [path] if is_good is False else []
        watch(done, total)
    return TargetCheck(done - absent - len(wrong), absent, tuple(wrong))


def sweep_target_files(store: Store, folder: Path, now: datetime, retention: timedelta) -> int:
    """How many files of removed or replaced targets were deleted, `retention` and more after clients saw that.

    A file that is younger is never touched, nor one whose name nobody but this signer could have meant otherwise.
    Raises: StorageError.
    """
    since = now - retention
    by_projects = {(path, digest) for path, digest in _named_by_projects(store)}
    deleted = 0
    for file, path, digest in _files(folder):
        with named(file), contextlib.suppress(FileNotFoundError):
            is_old = file.lstat().st_mtime < since.timestamp()
            if is_old and (path, digest) not in by_projects and not _is_wanted(store, path, digest, since):
                file.unlink()
                deleted += 1
    return deleted


def _named_by_bins(store: Store) -> Iterator[tuple[str, int, str]]:
    for number in range(len(store.bins())):
        for _, fragments in store.fragments([number]):
            for fragment in fragments:
                yield from _entries(fragment)


def _entries(fragment: bytes) -> Iterator[tuple[str, int, str]]:
    """Path, length and SHA-256 of the target in this entry; "" where it has another hash alone."""
    fields = strict_json.decode_canonical(b"{%s}" % fragment, "targets")
    for path, each in _table(fields).items():
        length, digest = _table(each).get("length"), _table(_table(each).get("hashes")).get("sha256", "")
        yield path, length if type(length) is int else -1, digest if isinstance(digest, str) else ""


def _table(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _is_good(folder: Path, path: str, length: int, sha256: str) -> bool | None:
    """None where there is no such file."""
    pure = PurePosixPath(path)
    file = folder / pure.with_name(f"{sha256}.{pure.name}")
    with named(file):
        if not sha256 or not file.is_file():
            return None
    found = artifact_of(file)
    return (found.length, found.sha256) == (length, sha256)


def _named_by_projects(store: Store) -> Iterator[tuple[str, str]]:
    for upload in (*published_uploads(store).values(), *waiting_uploads(store)):
        for path, target in targets_of(upload.file).targets.items():
            yield path, target.hashes.get("sha256", "")


def _files(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Every file that is named as this signer names targets: where it lies, the target's path, the SHA-256."""
    for file in _walk(folder):
        match = _HASHED.fullmatch(file.name)
        if match:
            yield file, (file.relative_to(folder).parent / match[2]).as_posix(), match[1]


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
