"""Reading a folder that somebody else wrote: only names that belong there, only regular files, only so many bytes."""

import contextlib
import os
import re
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from ceremony.core.bundle_limits import BYTES_LIMIT, FILES_LIMIT, limit_of
from ceremony.engine.disk import named
from ceremony.engine.regular_file import read_regular
from ceremony.errors import TamperedError


def read_folder(path: Path, limits: Mapping[str, int]) -> dict[str, bytes]:
    """Every file below `path`, by name, with its bytes; names have at most one level of folders, those in `limits`.

    `limits` goes from a pattern of names to the bytes such a file may have; BYTES_LIMIT is what all may have together,
    by what the disk says of them before any is read, and by what is read. Each file is read once, into memory.
    Raises: TamperedError for a name that fits no pattern, a link, a special file, or too many bytes; StorageError.
    """
    with named(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check_total(sum(_sizes(descriptor, "", limits)))
        return _read_all(descriptor, limits)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, limits: Mapping[str, int]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    total = 0
    with contextlib.closing(_read_entries(descriptor, "", limits)) as entries:
        for name, data in entries:
            # A disk that lies about sizes, or a file that grows meanwhile, is stopped here.
            total += len(data)
            _check_total(total)
            found[name] = data
    return found


def _check_total(size: int) -> None:
    if size > BYTES_LIMIT:
        raise TamperedError(f"more than {BYTES_LIMIT} bytes", "the bundle")


def _sizes(folder: int, prefix: str, limits: Mapping[str, int]) -> Iterator[int]:
    """How much would be read of each file, by what the disk says; what is wrong with one is told when it is read."""
    for name in _names(folder, prefix):
        if _is_inner(name, prefix, limits):
            with _inner(folder, name) as inner:
                yield from _sizes(inner, f"{name}/", limits)
        else:
            with named(Path(prefix + name)):
                size = os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
            yield min(size, (limit_of(prefix + name, limits) or 0) + 1)


def _read_entries(folder: int, prefix: str, limits: Mapping[str, int]) -> Generator[tuple[str, bytes]]:
    for name in _names(folder, prefix):
        if _is_inner(name, prefix, limits):
            with _inner(folder, name) as inner:
                yield from _read_entries(inner, f"{name}/", limits)
        else:
            yield prefix + name, _read_file(folder, name, prefix + name, limits)


def _names(folder: int, prefix: str) -> list[str]:
    with named(Path(prefix or ".")):
        names = sorted(os.listdir(folder))
    if len(names) > FILES_LIMIT:
        raise TamperedError(f"more than {FILES_LIMIT} files", prefix or "the bundle")
    return names


def _is_inner(name: str, prefix: str, limits: Mapping[str, int]) -> bool:
    return not prefix and any(pattern.startswith(f"{re.escape(name)}/") for pattern in limits)


@contextlib.contextmanager
def _inner(folder: int, name: str) -> Iterator[int]:
    """The descriptor of a folder in another, open inside."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise TamperedError("not a folder", name) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read_file(folder: int, name: str, place: str, limits: Mapping[str, int]) -> bytes:
    limit = limit_of(place, limits)
    if limit is None:
        raise TamperedError("a file that does not belong here", repr(place))
    return read_regular(Path(name), limit, folder=folder, where=place, has_one_name=True)
