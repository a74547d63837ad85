"""Where published files lie: a folder that any web server can serve, in which nobody ever sees half a file."""

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ceremony.engine.disk import named, sync_folder
from ceremony.errors import StorageError
from ceremony.online.fence import Fence

_FILE_MODE = 0o644
_FOLDER_MODE = 0o755
_BATCH = 1024
_SYNC_THREADS = 16
_CHUNK_BYTES = 1 << 20

Progress = Callable[[int], None]
"""Told after each batch how many files more are durable."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a target file is: its length in bytes and its SHA-256 in hex."""

    length: int
    sha256: str


class DirectoryShelf:
    """A folder with `metadata/` and `targets/`. One writer at a time puts metadata there; artifacts anybody may."""

    def __init__(self, folder: Path, number: int = 0) -> None:
        """A shelf at `folder`, which need not exist yet; metadata is put there under the lease of this number."""
        self._folder = folder
        self._number = number
        self._is_clear = False
        self._fence = Fence(folder / ".fence")
        self._metadata = folder / "metadata"
        self._targets = folder / "targets"
        self._incoming = folder / ".incoming"

    @property
    def metadata(self) -> Path:
        """The folder of the metadata files."""
        return self._metadata

    def prepare(self) -> None:
        """The folders exist, and nothing half-written is left of a writer or a command that was killed.

        Only who publishes calls this: whatever lies half-written among the metadata is its own, or of one before it.
        Raises: StorageError.
        """
        for folder in (self._metadata, self._targets, self._incoming):
            _make_folders(folder)
        with named(self._incoming):
            for path in self._incoming.iterdir():
                _clear(path)
        # Once, for the folder is long: afterwards what is written there gets its name, or `doubting` has seen it fail.
        if not self._is_clear:
            _clear_half_written(self._metadata)
            self._is_clear = True

    def fence(self) -> int:
        """The highest number of a lease under which anybody has published here.

        Raises: StorageError.
        """
        return self._fence.read()

    def raise_fence(self, number: int) -> None:
        """Nobody puts metadata here under a lower number from now on.

        Raises: StorageError (ESTALE if there was a higher one).
        """
        _make_folders(self._folder)
        self._fence.raise_to(number)

    def read(self, name: str) -> bytes | None:
        """The metadata file of this name, None if there is none.

        Raises: StorageError.
        """
        with named(self._metadata / name):
            try:
                return (self._metadata / name).read_bytes()
            except FileNotFoundError:
                return None

    def put(self, files: Iterable[tuple[str, bytes]], progress: Progress) -> None:
        """Each of these metadata files, as (name, bytes), is in its place, whole and durable.

        A name appears only when its bytes are on the disk; many files are synced together.
        Raises: StorageError; then some may be in place and some not.
        """
        rest = iter(files)
        with self.doubting(), ThreadPoolExecutor(_SYNC_THREADS) as pool:
            while batch := [self._write_beside(name, data) for name, data in islice(rest, _BATCH)]:
                syncing = pool.map if len(batch) > _SYNC_THREADS else map
                for _ in syncing(_sync, [beside for beside, _ in batch]):
                    pass
                with self._passing():
                    for beside, path in batch:
                        with named(path):
                            beside.replace(path)
                    sync_folder(self._metadata)
                progress(len(batch))

    @contextlib.contextmanager
    def doubting(self) -> Iterator[None]:
        """Inside, metadata is written; should that fail, the next `prepare` clears away what lies there half."""
        try:
            yield
        except BaseException:
            self._is_clear = False
            raise

    def keep(self, source: Path, path: str) -> Artifact:
        """The file at `source` is on the shelf as the target `path`, under the hash of its content, durably.

        Raises: StorageError.   Spec: 6.2, targets under consistent snapshots.
        """
        _make_folders(self._incoming)
        beside, copy = self._begin_copy()
        try:
            with named(beside), copy:
                found = _copy(source, copy)
                final = self._place(path, found)
                _make_folders(final.parent)
                beside.replace(final)
            sync_folder(final.parent)
        finally:
            # A disk that can only be read refuses this even where there is nothing: the first error is the one to tell.
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
        return found

    def holds(self, path: str, artifact: Artifact) -> bool:
        """True when the target `path` with this content is on the shelf; only whole files ever get their names there.

        Raises: StorageError.
        """
        final = self._place(path, artifact)
        with named(final):
            return final.is_file() and final.stat().st_size == artifact.length

    def _begin_copy(self) -> tuple[Path, BinaryIO]:
        """A new file that nobody clears away while it is open."""
        while True:
            beside = self._incoming / secrets.token_hex(8)
            with named(beside):
                copy = _create(beside)
                # The lock says that somebody is at work on it; it goes when the process dies, however it dies.
                fcntl.flock(copy, fcntl.LOCK_EX)
                # Whoever clears away may have come between the two.
                if os.fstat(copy.fileno()).st_nlink:
                    return beside, copy
                copy.close()

    def _place(self, path: str, artifact: Artifact) -> Path:
        return self._targets / Path(path).with_name(f"{artifact.sha256}.{Path(path).name}")

    def _passing(self) -> contextlib.AbstractContextManager[None]:
        return self._fence.passing(self._number) if self._number else contextlib.nullcontext()

    def _write_beside(self, name: str, data: bytes) -> tuple[Path, Path]:
        path = self._metadata / name
        # A name of this lease's own: whoever held it before may be writing still.
        beside = self._metadata / (f".{self._number}.{name}" if self._number else f".{name}")
        with named(path), _create(beside) as file:
            file.write(data)
        return beside, path


def artifact_of(source: Path) -> Artifact:
    """What the file at `source` is.

    Raises: StorageError.
    """
    return _digest(source, lambda _chunk: None)


def _copy(source: Path, copy: BinaryIO) -> Artifact:
    found = _digest(source, copy.write)
    copy.flush()
    os.fsync(copy.fileno())
    return found


def _digest(source: Path, take: Callable[[bytes], object]) -> Artifact:
    digest, length = sha256(), 0
    with _open_regular(source) as found:
        for chunk in _chunks(found, source):
            digest.update(chunk)
            length += len(chunk)
            take(chunk)
    return Artifact(length, digest.hexdigest())


def _clear(path: Path) -> None:
    # Busy: somebody is copying it. Gone: somebody has just finished.
    with contextlib.suppress(BlockingIOError, FileNotFoundError), path.open("rb") as left:
        fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _clear_half_written(metadata: Path) -> None:
    with named(metadata), os.scandir(metadata) as found:
        names = [each.name for each in found if each.name.startswith(".") and each.is_file(follow_symlinks=False)]
    for name in names:
        with named(metadata / name):
            (metadata / name).unlink(missing_ok=True)


def _open_regular(source: Path) -> BinaryIO:
    with named(source):
        # Without O_NONBLOCK a pipe would hold us up until somebody writes into it.
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
    raise StorageError(str(source), errno.errorcode[errno.EISDIR])


def _chunks(file: BinaryIO, source: Path) -> Iterator[bytes]:
    while True:
        with named(source):
            chunk = file.read(_CHUNK_BYTES)
        if not chunk:
            return
        yield chunk


def _create(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE)
    # Whatever the umask says: a web server that runs as somebody else has to read what is published.
    os.fchmod(descriptor, _FILE_MODE)
    return os.fdopen(descriptor, "wb")


def _sync(path: Path) -> None:
    with named(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _make_folders(folder: Path) -> None:
    with named(folder):
        if folder.is_dir():
            return
        _make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(_FOLDER_MODE)
        sync_folder(folder.parent)
