"""Reading a folder that somebody else wrote: only names that belong there, only regular files, only so many bytes."""

import os
import re
from collections.abc import Iterator, Mapping
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
    for name, data in _read_entries(descriptor, "", limits):
        # A disk that lies about sizes, or a file that grows meanwhile, is stopped here.
        total += len(data)
        _check_total(total)
        found[name] = data
    return found


def _check_total(size: int) -> None:
    if size > BYTES_LIMIT:
        raise TamperedError(f"more than {BYTES_LIMIT} bytes", "the bundle")


def _sizes(folder: int, prefix: str, limits: Mapping[str, int]) -> Iterator[int]:
    """What each file that is there says of its size; what is wrong with any of them is told when it is read."""
    for name in _names(folder, prefix):
        if _is_inner(name, prefix, limits):
            with _Inner(folder, name) as inner:
                yield from _sizes(inner, f"{name}/", limits)
        else:
            with named(Path(prefix + name)):
                yield os.stat(name, dir_fd=folder, follow_symlinks=False).st_size


def _read_entries(folder: int, prefix: str, limits: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    for name in _names(folder, prefix):
        if _is_inner(name, prefix, limits):
            with _Inner(folder, name) as inner:
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


class _Inner:
    """The descriptor of a folder below another, open inside a `with`."""

    def __init__(self, folder: int, name: str) -> None:
        try:
            self._descriptor = os.open(
                name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder
            )
        except OSError as error:
            raise TamperedError("not a folder", name) from error

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(self, *_exception: object) -> None:
        os.close(self._descriptor)


def _read_file(folder: int, name: str, place: str, limits: Mapping[str, int]) -> bytes:
    limit = limit_of(place, limits)
    if limit is None:
        raise TamperedError("a file that does not belong here", repr(place))
    return read_regular(Path(name), limit, folder=folder, where=place, has_one_name=True)
