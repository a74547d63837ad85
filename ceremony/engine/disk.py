"""Files and folders made durably: created once, synced, read back, and in place only when they are whole."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from ceremony.errors import StorageError


def create_file(path: Path, data: bytes, *, is_public: bool = False) -> None:
    """A new file with these bytes, durable, or none at all; an existing one is never touched.

    Its owner alone can read it, unless it is public: then whoever gets the stick can.
    Raises: StorageError (EEXIST, ENOSPC, EROFS, ...).
    """
    with new_file(path, is_public=is_public) as file:
        file.write(data)


@contextlib.contextmanager
def new_file(path: Path, *, is_public: bool = False) -> Iterator[BinaryIO]:
    """A new file to write into, durable when the block ends; none at all if it raises.

    An existing one is never touched. Its owner alone can read it, unless it is public.
    Raises: StorageError (EEXIST, ENOSPC, EROFS, ...).
    """
    with named(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o644 if is_public else 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of the file at `path`; of a longer one its first `limit` and one more, so that its reader can tell.

    Raises: StorageError.
    """
    with named(path), path.open("rb") as file:
        return file.read(limit + 1)


def replace_file(path: Path, data: bytes) -> None:
    """The public file at `path` holds these bytes, durably; at every moment the old ones or the new ones, whole.

    Raises: StorageError.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        create_file(beside, data, is_public=True)
        with named(path):
            beside.replace(path)
            sync_folder(path.parent)
    finally:
        # A disk that can only be read refuses this even where there is nothing: the first error is the one to tell.
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """The names in `folder` are durable.

    Raises: StorageError.
    """
    with named(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def create_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """A new folder with exactly these files, synced, read back from the disk, and only then under its name.

    File names may hold one level of folders. An existing `path` is never touched; what an earlier try that died has
    left beside it goes.
    Raises: StorageError (EEXIST; EIO if what is read back differs; ENOSPC, EROFS, ...).
    """
    if path.exists() or path.is_symlink():
        raise StorageError(str(path), errno.errorcode[errno.EEXIST])
    beside = path.with_name(f".{path.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        write_folder(beside, files)
        with named(path):
            beside.rename(path)
            sync_folder(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """A new folder with exactly these public files, durable and read back; not atomic, so `path` is a temporary name.

    Raises: StorageError.
    """
    with named(path):
        path.mkdir(mode=0o755)
        for inner in sorted({(path / name).parent for name in files} - {path}):
            inner.mkdir(mode=0o755)
    for name, data in files.items():
        create_file(path / name, data, is_public=True)
    for inner in sorted({(path / name).parent for name in files} | {path}):
        sync_folder(inner)
    for name, data in files.items():
        _read_back(path / name, data)


def _read_back(path: Path, data: bytes) -> None:
    with named(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            # Drop what the kernel still holds of the file, so that the medium itself answers.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if file.read() != data:
                raise StorageError(str(path), errno.errorcode[errno.EIO])


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Inside, whatever the system refuses becomes a StorageError that names `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(str(path), errno.errorcode.get(error.errno or 0, type(error).__name__)) from error
