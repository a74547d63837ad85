"""The shelf as an object store: what has a version in its name is created once, the timestamp replaced last of all.

Objects appear whole or not at all. A versioned file that is there already stays as it is; the timestamp is replaced
only where it still is the one that was read, so that a writer who was taken for dead replaces nobody else's.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, NotSupportedError, PreconditionError

from ceremony.engine.regular_file import read_regular
from ceremony.errors import StorageError, TamperedError
from ceremony.online.creating_shelf import NewFile
from ceremony.online.object_store import AnyStore, Patience, delete_objects, open_object_store, put_mode, told
from ceremony.online.pieces import PIECE_BYTES, changed, pieces
from ceremony.online.published_headers import FOR_EVER, METADATA_KIND, NEVER, TARGET_KIND
from ceremony.online.shelf import Artifact, Progress, artifact_of

_TOGETHER = 32
"""So many calls are under way at once: enough for a network's latency, few enough for any store's limits."""

_READ_LIMIT = 64 << 20
_SMALL_BYTES = 16 << 20
_PIECES_TOGETHER = 4
_NAMES_AT_ONCE = 1_000
_ORDERED = re.compile(r"(?:[0-9]+\.)?root\.json|[^0-9].*")
_CONDITIONS = ".conditions"
_FENCE = ".fence"
_NO_VERSION = '"0"'


class _Seen(NamedTuple):
    """An object as it was read: its bytes, and the version that they are of."""

    data: bytes
    version: "obstore.PutResult"


class ObjectShelf:
    """A place in an object store with `metadata/` and `targets/`. One writer at a time puts metadata there."""

    def __init__(self, url: str, number: int = 0, patience: Patience | None = None) -> None:
        """A shelf at `url`; metadata is put there under the lease of this number. Nothing is asked of it yet.

        Raises: SettingsError.
        """
        self._url = url
        self._number = number
        self._patience = patience or Patience()
        self._store: AnyStore = open_object_store(url, self._patience)
        self._timestamps: dict[str, obstore.PutResult | None] = {}
        self._keeps_conditions = False
        self._compares = True

    @property
    def url(self) -> str:
        """Where it is."""
        return self._url

    def prepare(self) -> None:
        """The place is there and keeps conditions: one that writes over what it was told to create is no shelf.

        Raises: StorageError (EOPNOTSUPP for such a place).
        """
        if self._keeps_conditions:
            return
        self._create(_CONDITIONS, b"", {}, lambda _found: True)
        with told(self._place(_CONDITIONS)):
            try:
                self._patience.see_through(lambda: obstore.put(self._store, _CONDITIONS, b"", mode="create"))
            except AlreadyExistsError:
                self._keeps_conditions = True
        if not self._keeps_conditions:
            raise StorageError(self._place(_CONDITIONS), "EOPNOTSUPP")
        self._compares = self._can_compare()

    def fence(self) -> int:
        """The highest number of a lease under which anybody has published here.

        Raises: StorageError.
        """
        found = self._read(_FENCE)
        return 0 if found is None else _number(found.data)

    def raise_fence(self, number: int) -> None:
        """Nobody replaces the timestamp under a lower number from now on.

        Raises: StorageError (ESTALE if there was a higher one, or somebody else raises it at this moment).
        """
        found = self._read(_FENCE)
        highest = 0 if found is None else _number(found.data)
        if highest > number:
            raise StorageError(self._place(_FENCE), "ESTALE")
        if highest < number:
            self.prepare()
            self._swap(_FENCE, f"{number}\n".encode(), None if found is None else found.version, {})

    def read(self, name: str) -> bytes | None:
        """The metadata file of this name, None if there is none.

        Raises: StorageError; TamperedError for one that is larger than any file of ours.
        """
        found = self._read(f"metadata/{name}")
        if not name[0].isdigit():
            self._timestamps[name] = None if found is None else found.version
        return None if found is None else found.data

    def names(self) -> Iterator[str]:
        """The name of every metadata file, in any order.

        Raises: StorageError.
        """
        with told(self._place("metadata")):
            for batch in obstore.list(self._store, "metadata", chunk_size=_NAMES_AT_ONCE):
                yield from (each["path"].removeprefix("metadata/") for each in batch)

    def delete(self, names: Iterable[str]) -> int:
        """How many of these metadata files were deleted; none of them is there any more.

        Raises: StorageError.
        """
        return delete_objects(self._store, (f"metadata/{each}" for each in names), self._patience, self._url)

    def put(self, files: Iterable[tuple[str, bytes]], progress: Progress) -> None:
        """Each of these metadata files, as (name, bytes), is in its place, whole and durable.

        Many are put at once; roots and the timestamp come one by one, each after everything before it.
        Raises: StorageError (EEXIST where a versioned file of other bytes is); then some may be in place and some not.
        """
        self.create((NewFile(name, data, lambda _found: False) for name, data in files), progress)

    def create(self, files: Iterable[NewFile], progress: Progress) -> None:
        """The same, where other bytes of a file may be there already and be right.

        Raises: StorageError; what `is_right` raises.
        """
        flight: deque[Future[None]] = deque()
        with ThreadPoolExecutor(_TOGETHER, "shelf") as pool:
            try:
                for file in files:
                    if _ORDERED.fullmatch(file.name):
                        _land(flight, 0, progress)
                        self._put(file)
                        progress(1)
                    else:
                        flight.append(pool.submit(self._put, file))
                        _land(flight, 2 * _TOGETHER, progress)
                _land(flight, 0, progress)
            finally:
                for each in flight:
                    each.cancel()

    def keep(self, source: Path, path: str) -> Artifact:
        """The file at `source` is on the shelf as the target `path`, under the hash of its content, durably.

        Raises: StorageError; TamperedError if it changes meanwhile.   Spec: 6.2, targets under consistent snapshots.
        """
        found = artifact_of(source)
        if self.holds(path, found):
            return found
        key = _target_key(path, found)
        headers = {"Content-Type": TARGET_KIND, "Cache-Control": FOR_EVER}
        if found.length <= _SMALL_BYTES:
            data = read_regular(source, found.length, where=str(source))
            if sha256(data).hexdigest() != found.sha256:
                raise changed(source)
            self._create(key, data, headers, lambda there: there == data)
            return found
        with told(self._place(key)):
            # Its name is the hash of its content: whoever else puts it there puts the same.
            self._patience.see_through(
                lambda: obstore.put(
                    self._store,
                    key,
                    pieces(source, found),
                    attributes=headers,
                    chunk_size=PIECE_BYTES,
                    max_concurrency=_PIECES_TOGETHER,
                )
            )
        return found

    def holds(self, path: str, artifact: Artifact) -> bool:
        """True when the target `path` with this content is on the shelf; only whole files ever get their names there.

        Raises: StorageError.
        """
        key = _target_key(path, artifact)
        with told(self._place(key)):
            try:
                return self._patience.see_through(lambda: obstore.head(self._store, key))["size"] == artifact.length
            except FileNotFoundError:
                return False

    def _put(self, file: NewFile) -> None:
        key = f"metadata/{file.name}"
        if file.name[0].isdigit():
            headers = {"Content-Type": METADATA_KIND, "Cache-Control": FOR_EVER}
            self._create(key, file.data, headers, file.is_right)
        else:
            self._replace(file.name, file.data)

    def _create(self, key: str, data: bytes, headers: Mapping[str, str], is_right: Callable[[bytes], bool]) -> None:
        with told(self._place(key)):
            try:
                self._patience.see_through(
                    lambda: obstore.put(self._store, key, data, mode="create", attributes={**headers})
                )
            except AlreadyExistsError:
                found = self._read(key)
            else:
                return
        # It may be ours, from a call whose answer was lost, or from before a crash.
        if found is None or (found.data != data and not is_right(found.data)):
            raise StorageError(self._place(key), "EEXIST")

    def _replace(self, name: str, data: bytes) -> None:
        if name not in self._timestamps:
            self.read(name)
        version = self._timestamps.pop(name)
        # Between this look and the call below somebody else may come: then the timestamp is not the one that was read.
        if self._number and self.fence() > self._number:
            raise StorageError(self._place(_FENCE), "ESTALE")
        headers: obstore.Attributes = {"Content-Type": METADATA_KIND, "Cache-Control": NEVER}
        self._timestamps[name] = self._swap(f"metadata/{name}", data, version, headers)

    def _swap(
        self, key: str, data: bytes, version: "obstore.PutResult | None", headers: "obstore.Attributes"
    ) -> "obstore.PutResult":
        """The version of the object, now that it holds these bytes in place of that version.

        Raises: StorageError (ESTALE if it is another version by now).
        """
        mode: obstore.PutMode = put_mode(version) if version is None or self._compares else "overwrite"
        with told(self._place(key)):
            try:
                return self._patience.see_through(
                    lambda: obstore.put(self._store, key, data, mode=mode, attributes=headers)
                )
            except (PreconditionError, AlreadyExistsError, FileNotFoundError) as error:
                found = self._read(key)
                # It may be ours, from a call whose answer was lost.
                if found is None or found.data != data:
                    raise StorageError(self._place(key), "ESTALE") from error
                return found.version

    def _read(self, key: str) -> _Seen | None:
        def fetch() -> _Seen:
            found = obstore.get(self._store, key)
            meta = found.meta
            if meta["size"] > _READ_LIMIT:
                raise TamperedError(f"larger than {_READ_LIMIT} bytes", self._place(key))
            return _Seen(bytes(found.bytes()), {"e_tag": meta["e_tag"], "version": meta["version"]})

        with told(self._place(key)):
            try:
                return self._patience.see_through(fetch)
            except FileNotFoundError:
                return None

    def _can_compare(self) -> bool:
        """True where the store refuses to replace a version that is not the one it has."""
        with told(self._place(_CONDITIONS)):
            try:
                obstore.put(self._store, _CONDITIONS, b"", mode={"e_tag": _NO_VERSION, "version": "0"})
            except (PreconditionError, FileNotFoundError):
                return True
            except NotSupportedError:
                return False
        return False

    def _place(self, key: str) -> str:
        return f"{self._url}/{key}"


def _land(flight: deque[Future[None]], most: int, progress: Progress) -> None:
    """So many calls at most are under way."""
    while len(flight) > most:
        flight.popleft().result()
        progress(1)


def _number(data: bytes) -> int:
    text = data.strip()
    return int(text) if text.isdigit() else 0


def _target_key(path: str, artifact: Artifact) -> str:
    folder, slash, name = path.rpartition("/")
    return f"targets/{folder}{slash}{artifact.sha256}.{name}"
