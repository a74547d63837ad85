"""The real client as judge: an unmodified python-tuf Updater follows what is about to be, or has been, published."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, Timestamp
from tuf.ngclient import FetcherInterface, Updater  # noqa: TID251  # this room plays the client

from ceremony.core.seal import Sealed
from ceremony.engine.disk import named
from ceremony.errors import RehearsalError

_BASE = "https://rehearsal.invalid"


class _Pages(FetcherInterface):
    """Serves metadata and targets out of memory or a folder, as a web server would."""

    def __init__(self, pages: Mapping[str, bytes], folder: Path | None = None) -> None:
        self._pages = pages
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = unquote(urlsplit(url).path).lstrip("/")
        if self._folder is not None and (self._folder / name).is_file():
            return iter([(self._folder / name).read_bytes()])
        if name in self._pages:
            return iter([self._pages[name]])
        raise DownloadHTTPError(f"no page {name}", 404)


class _Shelf(FetcherInterface):
    """Serves whatever somebody can read."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = unquote(urlsplit(url).path).lstrip("/")
        found = self._read(name)
        if found is None:
            raise DownloadHTTPError(f"no page {name}", 404)
        return iter([found])


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder for a client's cache, which is gone afterwards.

    Raises: StorageError, also for what the client could not write there.
    """
    with named(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix="ceremony-") as folder:
        yield Path(folder)


def follow_root(sealed: Sealed, cache: Path) -> None:
    """The real client, given any root that clients may hold, trusts the last one and goes on to ask for a timestamp.

    The offline side has none, so the client is handed one that nobody signed: only with it in hand does it look whether
    the root has expired (5.3.10), and there its walk ends. `cache` is a folder for what it keeps.
    Raises: RehearsalError if it ends anywhere else.   Spec: 5.3, 5.4.2.
    """
    before = sealed.reviewed.draft.before
    roots = (*(before.trusted.roots if before else ()), *(each for each in sealed.files if each.role == "root"))
    unsigned = Metadata(Timestamp()).to_bytes()
    pages = {f"metadata/{each.name}": each.encode() for each in roots} | {"metadata/timestamp.json": unsigned}
    for each in roots:
        _follow_from(each.encode(), pages, cache / each.name)


def _follow_from(root: bytes, pages: Mapping[str, bytes], cache: Path) -> None:
    updater = _updater(_BASE, root, cache, _Pages(pages))
    try:
        updater.refresh()
    except UnsignedMetadataError:
        return
    except (RepositoryError, DownloadError, ValueError) as error:
        raise RehearsalError("root", str(error)) from error
    raise RehearsalError("timestamp", "the client takes a timestamp that nobody signed")


def follow(base_url: str, root: bytes, cache: Path, targets: Sequence[str] = ()) -> dict[str, bytes]:
    """What the real client downloads over HTTP when it starts from `root`: each of `targets`, verified.

    Metadata stands under `base_url`/metadata/, targets under `base_url`/targets/.
    Raises: RehearsalError, naming the role or target at which it stopped.   Spec: 5.
    """
    return _walk(_updater(base_url, root, cache, None), targets, cache)


def follow_folder(repository: Path, root: bytes, cache: Path, targets: Sequence[str] = ()) -> dict[str, bytes]:
    """The same out of a published folder that holds `metadata/` and `targets/`, with no network at all.

    Raises: RehearsalError, naming the role or target at which it stopped.   Spec: 5.
    """
    return _walk(_updater(_BASE, root, cache, _Pages({}, repository)), targets, cache)


def find(base_url: str, root: bytes, cache: Path, targets: Sequence[str]) -> tuple[str, ...]:
    """Those of `targets` that the real client finds over HTTP when it starts from `root`, metadata alone.

    Raises: RehearsalError, naming the role or target at which it stopped.   Spec: 5.
    """
    return _look_up(_updater(base_url, root, cache, None), targets)


def find_in(read: Callable[[str], bytes | None], root: bytes, cache: Path, targets: Sequence[str]) -> tuple[str, ...]:
    """The same, out of what `read` gives for names such as `metadata/timestamp.json`, None where there is no such file.

    Raises: RehearsalError, naming the role or target at which it stopped.   Spec: 5.
    """
    return _look_up(_updater(_BASE, root, cache, _Shelf(read)), targets)


def _updater(base_url: str, root: bytes, cache: Path, fetcher: FetcherInterface | None) -> Updater:
    metadata, downloads = cache / "metadata", cache / "targets"
    for folder in (metadata, downloads):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        return Updater(
            str(metadata),
            f"{base_url}/metadata/",
            target_dir=str(downloads),
            target_base_url=f"{base_url}/targets/",
            fetcher=fetcher,
            bootstrap=root,
        )
    except (RepositoryError, ValueError) as error:
        raise RehearsalError("root", str(error)) from error


def _walk(updater: Updater, targets: Sequence[str], cache: Path) -> dict[str, bytes]:
    with _stopping_at("timestamp"):
        updater.refresh()
    return {target: _download(updater, target, cache) for target in targets}


def _look_up(updater: Updater, targets: Sequence[str]) -> tuple[str, ...]:
    with _stopping_at("timestamp"):
        updater.refresh()
    return tuple(target for target in targets if _is_listed(updater, target))


def _is_listed(updater: Updater, target: str) -> bool:
    with _stopping_at(target):
        return updater.get_targetinfo(target) is not None


def _download(updater: Updater, target: str, cache: Path) -> bytes:
    with _stopping_at(target):
        found = updater.get_targetinfo(target)
        if found is None:
            raise RehearsalError(target, "the metadata does not list it")
        path = updater.download_target(found, str(cache / "targets" / target.replace("/", "%2F")))
        return Path(path).read_bytes()


@contextmanager
def _stopping_at(role: str) -> Iterator[None]:
    try:
        yield
    except (RepositoryError, DownloadError, ValueError, OSError) as error:
        raise RehearsalError(role, f"{type(error).__name__}: {error}") from error
