"""Metadata files written into one folder: each durable under a temporary name, before any of them gets its own."""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ceremony.engine.disk import named
from ceremony.errors import StorageError

Bytes = bytes | bytearray

_FILE_MODE = 0o644
_MODES = 0o7777
_CREATING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_SYNC_THREADS = 16
_SYNC_BYTES = 1 << 24
"""After so much the disk begins; a helper will have written about as much beside it."""

_PAGE = 4096
_LIBC = ctypes.CDLL(None, use_errno=True)
_TRUSTY_LINUX = (5, 8)
"""From this version on, syncfs says when a file could not be written."""


class StagedFile:
    """A new file that is to become `name`, open for writing."""

    def __init__(self, folder: Path, name: str, descriptor: int) -> None:
        """Bound to `descriptor`, which it closes."""
        self._folder = folder
        self._name = name
        self._descriptor = descriptor

    def write(self, parts: Sequence[Bytes], offset: int = 0) -> None:
        """The file holds these parts, one after another, from `offset` (bytes) on.

        Raises: StorageError.
        """
        try:
            written = os.pwritev(self._descriptor, parts, offset)
            rest = b"".join(parts)[written:] if written < sum(map(len, parts)) else b""
            while rest:
                offset += written
                written = os.pwrite(self._descriptor, rest, offset)
                rest = rest[written:]
        except OSError as error:
            raise _told(error, self._folder, self._name) from error

    def begin(self, parts: Sequence[Bytes], offset: int = 0) -> None:
        """The same, and the disk takes it from now on, all but the first page of a file whose beginning is to follow.

        Raises: StorageError.
        """
        self.write(parts, offset)
        os.posix_fadvise(self._descriptor, _PAGE if offset else 0, 0, os.POSIX_FADV_DONTNEED)

    def finish(self) -> None:
        """What was written is durable, and the file closed.

        Raises: StorageError.
        """
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise _told(error, self._folder, self._name) from error
        finally:
            self.close()

    def close(self) -> None:
        """The file is closed, if it was not."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class StagedFiles:
    """A few new files, begun by several threads, and durable together: so a disk with a journal writes it once."""

    def __init__(self, stage: "Staging") -> None:
        """There is none."""
        self._stage = stage
        self._files: list[StagedFile] = []

    def begin(self, name: str, parts: Sequence[Bytes], offset: int = 0) -> StagedFile:
        """The file that is to become `name` holds these parts from `offset` (bytes) on, and the disk takes them.

        Raises: StorageError.
        """
        file = self._stage.create(name)
        self._files.append(file)
        file.begin(parts, offset)
        return file

    def finish(self) -> None:
        """What was written is durable, and the files closed.

        Raises: StorageError.
        """
        for each in self._files:
            each.finish()

    def close(self) -> None:
        """All are closed."""
        for each in self._files:
            each.close()


class Syncing:
    """Brings what has been written to the disk, from time to time, while more is being written."""

    def __init__(self, descriptor: int, pool: ThreadPoolExecutor) -> None:
        """Bound to `descriptor`, which is that of the folder."""
        self._descriptor = descriptor
        self._pool = pool
        self._written = 0
        self._under_way: Future[bool] | None = None

    def count(self, size: int) -> None:
        """So many bytes more have been written."""
        self._written += size
        if self._written >= _SYNC_BYTES and (self._under_way is None or self._under_way.done()):
            self.join()
            self._under_way, self._written = self._pool.submit(_sync_file_system, self._descriptor), 0

    def join(self) -> None:
        """Nothing of it is under way.

        Raises: OSError.
        """
        if self._under_way is not None:
            self._under_way.result()


class Staging:
    """One folder, open for writing files into it; used from several threads, each for files of its own."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        """Bound to `descriptor`, which is that of `folder`."""
        self._folder = folder
        self._descriptor = descriptor

    @property
    def folder(self) -> Path:
        """The folder."""
        return self._folder

    def create(self, name: str) -> StagedFile:
        """The file that is to become `name`, empty, whatever a kill has left of an earlier one.

        Raises: StorageError.
        """
        try:
            descriptor = os.open(_beside(name), _CREATING, _FILE_MODE, dir_fd=self._descriptor)
            # Whatever the umask says: a web server that runs as somebody else has to read what is published.
            if os.fstat(descriptor).st_mode & _MODES != _FILE_MODE:
                os.fchmod(descriptor, _FILE_MODE)
        except OSError as error:
            raise _told(error, self._folder, name) from error
        return StagedFile(self._folder, name, descriptor)

    def write(self, name: str, parts: Sequence[Bytes]) -> None:
        """The file that is to become `name` holds these parts, one after another, and is not durable yet.

        Raises: StorageError.
        """
        file = self.create(name)
        try:
            file.write(parts)
        finally:
            file.close()

    @contextlib.contextmanager
    def files(self) -> Iterator[StagedFiles]:
        """Inside, some files are open together."""
        with contextlib.closing(StagedFiles(self)) as found:
            yield found

    def sync(self, names: Sequence[str]) -> None:
        """The contents of the files that are to become these are durable.

        Raises: StorageError.
        """
        with named(self._folder):
            if _sync_file_system(self._descriptor):
                return
        with ThreadPoolExecutor(_SYNC_THREADS) as pool:
            for _ in pool.map(self._sync_file, names):
                pass

    @contextlib.contextmanager
    def syncing(self) -> Iterator[Syncing]:
        """Inside, the disk works beside whoever writes many files; they are durable only after `sync`.

        Raises: StorageError.
        """
        with ThreadPoolExecutor(1) as pool, named(self._folder):
            found = Syncing(self._descriptor, pool)
            yield found
            found.join()

    def place(self, names: Iterable[str]) -> None:
        """Each of these files, whose contents are durable, has its name, in this order; then the names are durable.

        After a power cut some of the last names may be missing: a file system with a journal keeps their order, and on
        any other it is kept again as soon as the publication has been recovered.
        Raises: StorageError.
        """
        folder = self._descriptor
        name = ""
        try:
            for name in names:
                os.replace(_beside(name), name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            raise _told(error, self._folder, name) from error
        with named(self._folder):
            os.fsync(self._descriptor)

    def _sync_file(self, name: str) -> None:
        try:
            descriptor = os.open(_beside(name), os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._descriptor)
        except OSError as error:
            raise _told(error, self._folder, name) from error
        StagedFile(self._folder, name, descriptor).finish()


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Staging]:
    """The folder, which has to be there, open for writing.

    Raises: StorageError.
    """
    with named(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Staging(folder, descriptor)
    finally:
        os.close(descriptor)


def _told(error: OSError, folder: Path, name: str) -> StorageError:
    # As `named` would: but of many thousands of files its block, and a path for each, are to be felt.
    return StorageError(str(folder / name), errno.errorcode.get(error.errno or 0, type(error).__name__))


def _beside(name: str) -> str:
    return f".{name}"


def _sync_file_system(descriptor: int) -> bool:
    if not _is_trusty():
        return False
    if _LIBC.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return True


def _is_trusty() -> bool:
    system = os.uname()
    numbers = tuple(int(part) for part in system.release.split("-")[0].split(".")[:2] if part.isdigit())
    return system.sysname == "Linux" and numbers >= _TRUSTY_LINUX and hasattr(_LIBC, "syncfs")
