"""Files that come before the metadata that names them: they wait beside the shelf, under their hashes, for a day."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from ceremony.engine.disk import named
from ceremony.errors import RefusedError

KEPT = timedelta(days=1)
"""So long may metadata take to follow."""

_COMING = ".coming-"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Arriving:
    """A file on its way, for one project."""

    def __init__(self, place: Path) -> None:
        """Into the folder `place`, which is there."""
        self._place = place
        descriptor, name = tempfile.mkstemp(prefix=_COMING, dir=place)
        self._file = os.fdopen(descriptor, "wb")
        self._path = Path(name)
        self._found = sha256()
        self.length = 0

    def take(self, chunk: bytes) -> None:
        """So much more of it has come.

        Raises: StorageError.
        """
        with named(self._place):
            self._file.write(chunk)
        self._found.update(chunk)
        self.length += len(chunk)

    def keep(self, digest: str) -> None:
        """It is whole, and waits under its SHA-256, which is to be `digest`, in hex.

        It is no promise yet: what metadata names is durable with that metadata.
        Raises: RefusedError (BODY-SHAPE), and then nothing waits; StorageError.
        """
        if self._found.hexdigest() != digest:
            raise RefusedError("BODY-SHAPE", f"bytes with the SHA-256 {self._found.hexdigest()}", f"those of {digest}")
        with named(self._place):
            self._file.close()
            self._path.replace(self._place / digest)

    def close(self) -> None:
        """Nothing is left of it, if it was not kept."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The folder in which they wait, one folder in it for each project; `limit` is how many bytes all may have."""

    folder: Path
    limit: int

    def expect(self, project: str, now: datetime) -> Arriving:
        """A new file on its way for this project; what has waited for too long at `now` (UTC) is gone.

        Raises: RefusedError (LOAD-LIMIT) if too much waits already; StorageError.
        """
        place = self.folder / project
        with named(self.folder):
            self._sweep(now)
            self._check_room()
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Arriving(place)

    def waiting(self, project: str, digests: Iterable[str]) -> tuple[Path, ...]:
        """Those of these files that wait for this project's metadata."""
        with named(self.folder):
            places = {self.folder / project / each for each in digests if _DIGEST.fullmatch(each)}
            return tuple(sorted(each for each in places if each.is_file()))

    def forget(self, files: Iterable[Path]) -> None:
        """These wait no longer."""
        with named(self.folder):
            for each in files:
                each.unlink(missing_ok=True)

    def _check_room(self) -> None:
        there = sum(size for _, _, size in self._files())
        if there >= self.limit:
            raise RefusedError("LOAD-LIMIT", f"{there} bytes of files that wait", f"less than {self.limit}")

    def _sweep(self, now: datetime) -> None:
        latest = (now - KEPT).timestamp()
        for path, at, _ in self._files():
            if at < latest:
                path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[Path, float, int]]:
        for path in self.folder.glob("*/*"):
            # Others come and go meanwhile.
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                yield path, found.st_mtime, found.st_size
