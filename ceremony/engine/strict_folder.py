"""Reading a folder that somebody else wrote: only names that belong there, only regular files, only so many bytes."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ceremony.engine.disk import named
from ceremony.engine.regular_file import read_regular
from ceremony.errors import TamperedError

FILES_LIMIT = 512
"""No bundle holds more files than this in one folder."""


def read_folder(path: Path, limits: Mapping[str, int]) -> dict[str, bytes]:
    """Every file below `path`, by name, with its bytes; names have at most one level of folders, those in `limits`.

    `limits` goes from a pattern of names to the bytes such a file may have. Each file is read once, into memory.
    Raises: TamperedError for a name that fits no pattern, a link, a special file, or too many bytes; StorageError.
    """
    with named(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return dict(_read_entries(descriptor, "", limits))
    finally:
        os.close(descriptor)


def _read_entries(folder: int, prefix: str, limits: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    with named(Path(prefix or ".")):
        names = sorted(os.listdir(folder))
    if len(names) > FILES_LIMIT:
        raise TamperedError(f"more than {FILES_LIMIT} files", prefix or "the bundle")
    for name in names:
        if not prefix and any(pattern.startswith(f"{re.escape(name)}/") for pattern in limits):
            yield from _read_inner(folder, name, limits)
        else:
            yield prefix + name, _read_file(folder, name, prefix + name, limits)


def _read_inner(folder: int, name: str, limits: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    try:
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise TamperedError("not a folder", name) from error
    try:
        yield from _read_entries(inner, f"{name}/", limits)
    finally:
        os.close(inner)


def _read_file(folder: int, name: str, place: str, limits: Mapping[str, int]) -> bytes:
    limit = next((limit for pattern, limit in limits.items() if re.fullmatch(pattern, place)), None)
    if limit is None:
        raise TamperedError("a file that does not belong here", repr(place))
    return read_regular(Path(name), limit, folder=folder, where=place, has_one_name=True)
