"""Superseded metadata goes: whatever no timestamp of the last while leads to, roots never.

Mark: the oldest snapshot that a timestamp has named within the retention lists versions; versions only grow, so that it
and all that came after it lead to these and to higher ones alone. Sweep: lower ones go. Killed at any moment, a sweep
has deleted some of what the next one deletes.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.plan import instant_text
from ceremony.engine.disk import named
from ceremony.errors import TamperedError
from ceremony.online.listing import listed
from ceremony.online.store import Store
from ceremony.online.tables import PUBLICATIONS

_NAME = re.compile(r"\.?([1-9][0-9]{0,17})\.([^/]+)\.json")
"""A metadata file of one version; with a dot before it, one that a killed writer has left half-written."""

_SNAPSHOT = re.compile(r"([1-9][0-9]{0,17})\.snapshot\.json")
_KEPT_FOR_EVER = ("root", "timestamp")


class Place(Protocol):
    """What a sweep needs of the place where metadata files are published."""

    def read(self, name: str) -> bytes | None:
        """The metadata file of this name, None if there is none."""

    def names(self) -> Iterator[str]:
        """The name of every metadata file, in any order."""

    def delete(self, names: Iterable[str]) -> int:
        """How many of these files there were; none of them is there any more."""


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """The metadata folder of a directory shelf."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """The metadata file of this name, None if there is none.

        Raises: StorageError.
        """
        with named(self.folder / name), contextlib.suppress(FileNotFoundError):
            return (self.folder / name).read_bytes()
        return None

    def names(self) -> Iterator[str]:
        """The name of every file in the folder, in any order; none before there is a folder.

        Raises: StorageError.
        """
        with named(self.folder), contextlib.suppress(FileNotFoundError), os.scandir(self.folder) as found:
            yield from (each.name for each in found if each.is_file(follow_symlinks=False))

    def delete(self, names: Iterable[str]) -> int:
        """How many of these files there were; none of them is there any more.

        Raises: StorageError.
        """
        deleted = 0
        for name in names:
            with named(self.folder / name), contextlib.suppress(FileNotFoundError):
                (self.folder / name).unlink()
                deleted += 1
        return deleted


def sweep(store: Store, place: Place, now: datetime, retention: timedelta) -> int:
    """How many files were deleted that no timestamp of the last `retention` before `now` leads to.

    Raises: StorageError.
    """
    # Listed first, deleted then: a folder that changes while it is read shows some names twice and others never.
    names = list(place.names())
    floor = _lowest_kept(store, place, names, now - retention)
    return place.delete(name for name in names if _is_below(name, floor))


def _lowest_kept(store: Store, place: Place, names: Iterable[str], since: datetime) -> Mapping[str, int]:
    """By role, the lowest version that a timestamp later than `since` leads to; nothing where that is unknown."""
    oldest, newest = _snapshots(store, since)
    ours = listed(store)
    there = {int(match[1]) for match in map(_SNAPSHOT.fullmatch, names) if match}
    for version in sorted(each for each in there if oldest <= each <= newest):
        found = _listed_by(place.read(f"{version}.snapshot.json"), version)
        if found is not None:
            # Whatever a file on the shelf says: what the database holds as newest stays.
            return {role: min(lowest, ours.get(role, 0)) for role, lowest in found.items()} | {"snapshot": version}
    return {}


def _snapshots(store: Store, since: datetime) -> tuple[int, int]:
    """The versions of the snapshot that the timestamp of `since` named, and of the newest that is out; 0 if none is."""
    out = select(PUBLICATIONS.c.number, PUBLICATIONS.c.snapshot_version).where(PUBLICATIONS.c.is_published)
    # By number, not by time: a clock that went back for a while hides no publication.
    within = select(func.min(PUBLICATIONS.c.number)).where(PUBLICATIONS.c.at > instant_text(since))
    with store.reading() as connection:
        newest = connection.execute(out.order_by(PUBLICATIONS.c.number.desc()).limit(1)).one_or_none()
        first = connection.execute(within).scalar()
        before = out if first is None else out.where(PUBLICATIONS.c.number < first)
        found = connection.execute(before.order_by(PUBLICATIONS.c.number.desc()).limit(1)).one_or_none()
    if newest is None:
        return 0, 0
    return 1 if found is None else found.snapshot_version, newest.snapshot_version


def _listed_by(data: bytes | None, version: int) -> Mapping[str, int] | None:
    """By role, what this snapshot lists; None for anything that is no snapshot of this version."""
    name = f"{version}.snapshot.json"
    try:
        file = decode_metadata_file(data or b"", "snapshot", name)
    except TamperedError:
        return None
    return _versions(file) if file.version == version else None


def _versions(file: MetadataFile) -> Mapping[str, int] | None:
    fields = strict_json.decode_canonical(file.payload, file.name)
    meta = fields.get("meta") if isinstance(fields, Mapping) and fields.get("_type") == "snapshot" else None
    if not isinstance(meta, Mapping):
        return None
    found = {name: each.get("version") for name, each in meta.items() if isinstance(each, Mapping)}
    return {
        name.removesuffix(".json"): version
        for name, version in found.items()
        if type(version) is int and name.removesuffix(".json") not in _KEPT_FOR_EVER
    }


def _is_below(name: str, floor: Mapping[str, int]) -> bool:
    match = _NAME.fullmatch(name)
    return match is not None and int(match[1]) < floor.get(match[2], 0)
