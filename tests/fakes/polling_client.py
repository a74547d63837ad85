"""The real client, over and over, while a signer is ill-treated: whatever it gets has to be good, and of one mind."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from urllib.parse import urlsplit

import httpx
from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater  # noqa: TID251  # the judge of these tests is a client of its own

FOLDER = "https://folder.invalid/metadata/"
PAUSE_SECONDS = 0.02


class AwayError(DownloadError):
    """Nobody answers, or not to the end: that happens where a server is killed, and says nothing of what it serves."""


class ShelfFetcher(FetcherInterface):
    """Files of the shelf's folder, as a web server beside the signer would serve them."""

    def __init__(self, metadata: Path, seen: "SeenFiles") -> None:
        """Whatever it fetches is noted in `seen`."""
        super().__init__()
        self._metadata = metadata
        self._seen = seen

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = urlsplit(url).path.rpartition("/")[2]
        try:
            data = (self._metadata / name).read_bytes()
        except FileNotFoundError as error:
            raise DownloadHTTPError(name, 404) from error
        self._seen.note(name, data)
        return iter([data])


class HttpFetcher(FetcherInterface):
    """The same from the signer itself, which may not be there."""

    def __init__(self, client: httpx.Client, seen: "SeenFiles") -> None:
        """Whatever it fetches is noted in `seen`."""
        super().__init__()
        self._client = client
        self._seen = seen

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            answer = self._client.get(url)
        except httpx.TransportError as error:
            raise AwayError(str(error)) from error
        if answer.status_code != 200:
            raise DownloadHTTPError(url, answer.status_code)
        self._seen.note(urlsplit(url).path.rpartition("/")[2], answer.content)
        return iter([answer.content])


@dataclass
class SeenFiles:
    """The SHA-256 of every versioned file that anybody has seen; `broken` are names seen with two of them."""

    digests: dict[str, bytes] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def note(self, name: str, data: bytes) -> None:
        """This file was seen."""
        if name[0].isdigit() and self.digests.setdefault(name, sha256(data).digest()) != sha256(data).digest():
            self.broken.append(name)

    def note_folder(self, metadata: Path, since: Callable[[str], bool] = lambda _name: True) -> None:
        """Every file of the folder was seen whose name `since` is true of, and none that was seen before is gone."""
        # Before the folder is read: clients note what they see meanwhile.
        known = tuple(self.digests)
        names = {each.name for each in metadata.iterdir()}
        self.broken += [f"{name} is gone" for name in known if name not in names]
        for name in names:
            if name[0].isdigit() and (name not in self.digests or since(name)):
                self.note(name, (metadata / name).read_bytes())


Found = dict[str, str | None]
"""By path, the SHA-256 of a target in hex, None where the metadata does not list it."""


def look(base: str, root: bytes, cache: Path, fetcher: FetcherInterface, paths: tuple[str, ...]) -> Found:
    """What the real client finds that starts from `root`, and remembers what lies in `cache`.

    Raises: whatever the client raises.
    """
    cache.mkdir(parents=True, exist_ok=True)
    updater = Updater(str(cache), base, fetcher=fetcher, bootstrap=root)
    updater.refresh()
    found = {path: updater.get_targetinfo(path) for path in paths}
    return {path: None if each is None else each.hashes["sha256"] for path, each in found.items()}


@dataclass
class Poller:
    """A thread that looks again and again, as soon as it has looked; `wanted` says for which paths.

    `judge` is told what `before` gave when a look began, and what it found; what it raises ends the thread.
    """

    name: str
    root: bytes
    cache: Path
    is_fresh: bool
    base: Callable[[], str]
    fetcher: Callable[[], FetcherInterface]
    before: Callable[[], tuple[str, ...]]
    judge: Callable[[Found], None]
    looks: int = 0
    away: int = 0
    failure: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """It looks."""
        self._thread = threading.Thread(target=self._run, name=self.name)
        self._thread.start()

    def stop(self) -> None:
        """It has ended."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            try:
                self._look()
            except AwayError:
                self.away += 1
            except BaseException as error:  # noqa: BLE001  # told in the test's own thread
                self.failure = error
                return

    def _look(self) -> None:
        if self.is_fresh:
            rmtree(self.cache, ignore_errors=True)
        paths = self.before()
        self.judge(look(self.base(), self.root, self.cache, self.fetcher(), paths))
        self.looks += 1


def wait_until(is_so: Callable[[], bool], seconds: float = 120.0) -> None:
    """It is so.

    Raises: TimeoutError if it has not come about after so many seconds.
    """
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)
