"""The real client, which visits mirrors and keeps what it has learned there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater  # noqa: TID251  # the judge of these tests is a client of its own

_BASE = "https://mirror.invalid"


class _Mirror(FetcherInterface):
    """Serves a folder that holds `metadata/` and `targets/`, as a web server would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / unquote(urlsplit(url).path).lstrip("/")
        if not path.is_file():
            raise DownloadHTTPError(f"no page {path.name}", 404)
        return iter([path.read_bytes()])


@dataclass
class VisitingClient:
    """A client that was given `root` to begin with; `cache` is a folder for what it learns."""

    root: bytes
    cache: Path

    def download(self, mirror: Path, path: str, at: datetime | None = None) -> bytes:
        """The target, verified, as this mirror shows it; by the clock of this client it is `at`, now if None.

        Raises: whatever python-tuf raises.
        """
        self.cache.mkdir(parents=True, exist_ok=True)
        fetcher = _Mirror(mirror)
        client = Updater(
            str(self.cache),
            f"{_BASE}/metadata/",
            str(self.cache / "downloads"),
            f"{_BASE}/targets/",
            fetcher,
            bootstrap=self.root,
        )
        if at is not None:
            client._trusted_set.reference_time = at  # noqa: SLF001  # the only way to another moment
        found = client.get_targetinfo(path)
        assert found is not None
        return Path(client.download_target(found)).read_bytes()
