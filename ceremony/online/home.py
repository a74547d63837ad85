"""Where one online signer keeps its things: the names inside its home folder, and the lock of its one writer."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ceremony.engine.disk import named, sync_folder
from ceremony.errors import StorageError

# Others may pass through on their way to the repository, which web servers read; they may not look around.
_HOME_MODE = 0o711


@dataclass(frozen=True, slots=True)
class Home:
    """One signer's folder."""

    folder: Path

    @property
    def database(self) -> Path:
        """From which every file on the shelf can be made again."""
        return self.folder / "signer.db"

    @property
    def database_file(self) -> Path:
        """Where another database is named, if it is one that several machines share."""
        return self.folder / "database.toml"

    @property
    def private_key(self) -> Path:
        """The online key, where it is kept in a file."""
        return self.folder / "online-key.pem"

    @property
    def key_file(self) -> Path:
        """What the ceremony needs to know of the online key."""
        return self.folder / "online-key.json"

    @property
    def next_key_file(self) -> Path:
        """The same of the next online key, until it is at work."""
        return self.folder / "online-key-next.json"

    def free_private_key(self) -> Path:
        """A name for one private key more, which no file has."""
        names = (self.folder / f"online-key-{number}.pem" for number in count(2))
        return next(path for path in names if not path.exists())

    @property
    def repository(self) -> Path:
        """The shelf: what web servers serve."""
        return self.folder / "repository"

    def prepare(self) -> None:
        """The folder is there.

        Raises: StorageError.
        """
        with named(self.folder):
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True)
                self.folder.chmod(_HOME_MODE)
                sync_folder(self.folder.parent)

    @property
    def arrivals(self) -> Path:
        """Files that wait for the metadata that names them."""
        return self.folder / "arrivals"

    @property
    def lock(self) -> Path:
        """Held by whoever publishes."""
        return self.folder / "writer.lock"

    @contextlib.contextmanager
    def trying_to_write(self) -> Iterator[bool]:
        """True inside if this process is the one writer meanwhile, False if another process is.

        Raises: StorageError.
        """
        with named(self.lock):
            descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """This process is the one writer meanwhile.

        Raises: StorageError (EBUSY if another process is).
        """
        with self.trying_to_write() as is_writer:
            if not is_writer:
                raise StorageError(str(self.lock), errno.errorcode[errno.EBUSY])
            yield


def _locked(descriptor: int) -> bool:
    # The kernel lets go of this lock when its holder dies, however it dies.
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
