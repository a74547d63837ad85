"""A published repository on disk: its metadata read as far as somebody needs it, and not one file more.

Bins are the online signer's, and there may be a hundred thousand of them: none is opened. Timestamp and snapshot are
read for those who ask for them.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.trusted import delegated_roles, named_snapshot, newest_names, published_names
from ceremony.core.trusted_rules import SHOWN_RULES, ShownBundle
from ceremony.engine.bundle import open_bundle
from ceremony.engine.disk import named
from ceremony.engine.regular_file import read_regular
from ceremony.errors import TamperedError

METADATA_FOLDER = "metadata"
"""The folder of a repository that holds its metadata, beside that of its targets."""

ROOTS_FOLDER = "root_history"
"""Where some repositories keep every version of root, beside the newest one."""

ROOTS_LIMIT = 1024
"""As many roots as the most patient client follows; a repository that shows more is not read."""

DELEGATIONS_LIMIT = 64
"""More offline delegations than a client looks through for one target."""

BYTES_LIMIT = 256 << 20
"""What is held in memory of one repository at most."""

_LIMITS = {**CLIENT_SIZE_LIMITS, "timestamp": 16_384}
"""Bytes that a client with default settings takes for one file of the role; other roles are like targets."""

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


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


def read_repository(folder: Path, *, with_online: bool = False) -> Mapping[str, bytes]:
    """Every root in a published folder, its newest targets, and the newest file of each offline delegation, by name.

    `with_online` adds the timestamp, and the snapshot that it names. The metadata stands in the folder itself or in
    `metadata/` below it, roots also in `root_history/` beside it. What else lies there is passed over unopened; each
    file is read once, and has to be a regular file of no more bytes than clients take.
    Raises: TamperedError for a file that is none, or is too large, if there is no root, and if two files of one name
    differ; StorageError.
    """
    with contextlib.ExitStack() as stack:
        outer = _open(folder, stack)
        inner = _open_below(outer, METADATA_FOLDER, stack)
        metadata = outer if inner is None else inner
        reading = _Reading(metadata, _open_below(metadata, ROOTS_FOLDER, stack))
        found = reading.offline(str(folder))
        return MappingProxyType({**found, **reading.online()} if with_online else found)


class _Reading:
    """One folder under reading, and its history of roots if it has one; it adds up what it has read."""

    def __init__(self, folder: int, history: int | None) -> None:
        self._folder = folder
        self._read = 0
        self._names = _names_in(folder, METADATA_FOLDER)
        old = () if history is None else published_names("root", _names_in(history, ROOTS_FOLDER))
        self._old = dict.fromkeys(old, history)

    def offline(self, where: str) -> dict[str, bytes]:
        found = self._roots(where)
        found |= self._newest("targets")
        delegated = delegated_roles(found)
        if len(delegated) > DELEGATIONS_LIMIT:
            raise TamperedError(f"more than {DELEGATIONS_LIMIT} offline delegations", where)
        for role in delegated:
            found |= self._newest(role)
        return found

    def online(self) -> dict[str, bytes]:
        found = self._there("timestamp.json", role="timestamp")
        version = named_snapshot(found["timestamp.json"]) if found else None
        # A newer snapshot that lies there already is not published before a timestamp names it.
        return found | self._there(f"{version}.snapshot.json", "snapshot.json", role="snapshot")

    def _roots(self, where: str) -> dict[str, bytes]:
        names = tuple(published_names("root", self._names))
        if not names and not self._old:
            raise TamperedError("no root.json of any version: this is no repository, or not all of one", where)
        if len({*names, *self._old}) > ROOTS_LIMIT:
            raise TamperedError(f"more than {ROOTS_LIMIT} roots", where)
        found = {name: self._file(name, "root") for name in names}
        for name, history in self._old.items():
            data = self._file(name, "root", history)
            if found.setdefault(name, data) != data:
                raise TamperedError(f"another file than the one of this name in {ROOTS_FOLDER}", name)
        return found

    def _newest(self, role: str) -> dict[str, bytes]:
        return {name: self._file(name, role) for name in newest_names(role, self._names)}

    def _there(self, *names: str, role: str) -> dict[str, bytes]:
        """The first of these files that is there, if any is."""
        first = [name for name in names if name in self._names][:1]
        return {name: self._file(name, role) for name in first}

    def _file(self, name: str, role: str, folder: int | None = None) -> bytes:
        limit = _LIMITS.get(role, CLIENT_SIZE_LIMITS["targets"])
        data = read_regular(Path(name), limit, folder=self._folder if folder is None else folder)
        self._read += len(data)
        if self._read > BYTES_LIMIT:
            raise TamperedError(f"more than {BYTES_LIMIT} bytes of metadata", name)
        return data


def _names_in(folder: int, where: str) -> list[str]:
    with named(Path(where)):
        return sorted(os.listdir(folder))


def _open(folder: Path, stack: contextlib.ExitStack) -> int:
    with named(folder):
        descriptor = os.open(folder, _FOLDER_FLAGS)
    stack.callback(os.close, descriptor)
    return descriptor


def _open_below(folder: int, name: str, stack: contextlib.ExitStack) -> int | None:
    try:
        descriptor = os.open(name, _FOLDER_FLAGS, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TamperedError("not a folder", name) from error
    stack.callback(os.close, descriptor)
    return descriptor
