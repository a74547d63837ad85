"""A published repository on disk: its metadata read as far as trust needs it, and not one file more.

Bins, snapshot and timestamp are the online signer's, and there may be a hundred thousand of them: none is opened.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.trusted import delegated_roles, newest_names, published_names
from ceremony.core.trusted_rules import SHOWN_RULES, ShownBundle
from ceremony.engine.bundle import open_bundle
from ceremony.engine.disk import named
from ceremony.errors import StorageError, TamperedError

METADATA_FOLDER = "metadata"
"""The folder of a repository that holds its metadata, beside that of its targets."""

ROOTS_LIMIT = 1024
"""As many roots as the most patient client follows; a repository that shows more is not read."""

DELEGATIONS_LIMIT = 64
"""More offline delegations than a client looks through for one target."""

BYTES_LIMIT = 256 << 20
"""What is held in memory of one repository at most."""


def trusted_files(path: Path) -> Mapping[str, bytes]:
    """The metadata files that `trust` asks for, by name, out of a published repository or a release.

    Raises: RefusedError (TRUSTED-RELEASE) for a bundle that is none; TamperedError; SettingsError; StorageError.
    """
    with named(path):
        is_bundle = (path / "plan.toml").exists()
    if not is_bundle:
        return read_repository(path)
    bundle = open_bundle(path)
    SHOWN_RULES.check(ShownBundle(bundle.purpose))
    return MappingProxyType({file.name: file.encode() for file in bundle.files})


def read_repository(folder: Path) -> Mapping[str, bytes]:
    """Every root in a published folder, its newest targets, and the newest file of each offline delegation, by name.

    The metadata stands in the folder itself or in `metadata/` below it. What else lies there is passed over unopened;
    each file is read once, and has to be a regular file of no more bytes than clients take.
    Raises: TamperedError for a file that is none, or is too large, and if there is no root; StorageError.
    """
    with _opened(folder) as descriptor:
        return MappingProxyType(_Reading(descriptor).files(str(folder)))


class _Reading:
    """One folder under reading; it adds up what it has read."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._read = 0
        with named(Path(METADATA_FOLDER)):
            self._names = sorted(os.listdir(folder))

    def files(self, where: str) -> dict[str, bytes]:
        roots = tuple(published_names("root", self._names))
        if not roots:
            raise TamperedError("no root.json of any version: this is no repository, or not all of one", where)
        if len(roots) > ROOTS_LIMIT:
            raise TamperedError(f"more than {ROOTS_LIMIT} roots", where)
        found = {name: self._file(name, "root") for name in roots}
        found |= self._newest("targets")
        delegated = delegated_roles(found)
        if len(delegated) > DELEGATIONS_LIMIT:
            raise TamperedError(f"more than {DELEGATIONS_LIMIT} offline delegations", where)
        for role in delegated:
            found |= self._newest(role)
        return found

    def _newest(self, role: str) -> dict[str, bytes]:
        return {name: self._file(name, role) for name in newest_names(role, self._names)}

    def _file(self, name: str, role: str) -> bytes:
        limit = CLIENT_SIZE_LIMITS.get(role, CLIENT_SIZE_LIMITS["targets"])
        data = _read_regular(self._folder, name, limit)
        self._read += len(data)
        if self._read > BYTES_LIMIT:
            raise TamperedError(f"more than {BYTES_LIMIT} bytes of metadata", name)
        return data


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    with named(folder):
        outer = os.open(folder, flags)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, outer)
        try:
            inner = os.open(METADATA_FOLDER, flags, dir_fd=outer)
        except FileNotFoundError:
            yield outer
            return
        except OSError as error:
            raise TamperedError("not a folder", METADATA_FOLDER) from error
        stack.callback(os.close, inner)
        yield inner


def _read_regular(folder: int, name: str, limit: int) -> bytes:
    try:
        # A pipe would keep whoever opens it waiting, and what follows a link would be read from elsewhere.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise TamperedError("a link or a special file", name) from error
        raise StorageError(name, errno.errorcode.get(error.errno or 0, "EIO")) from error
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise TamperedError("a link or a special file", name)
        data = bytearray()
        with named(Path(name)):
            while len(data) <= limit and (more := os.read(descriptor, limit + 1 - len(data))):
                data += more
    if len(data) > limit:
        raise TamperedError(f"larger than {limit} bytes", name)
    return bytes(data)
