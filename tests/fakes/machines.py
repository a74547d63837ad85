"""Several machines of one signer: homes with one PostgreSQL, one object store and one key, and what they run."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
from fakes.api_server import artifact
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import Wanted
from fakes.s3_server import BUCKET, S3Server

from ceremony.engine.rehearsal import find
from ceremony.errors import RehearsalError
from ceremony.online.lease import read_lease
from ceremony.online.shelf_place import open_shelf

PATIENCE_SECONDS = 90
_SHARED = ("online-key.pem", "database.toml", "shelf.toml")
_CODE = "import sys; from ceremony.online.main import main; sys.argv[0] = 'ceremony-online'; main()"
_VERSIONS = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def see(is_so: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> float:
    """Seconds until it is so."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() < begun + seconds, "it never was"
        time.sleep(0.05)
    return time.monotonic() - begun


@dataclass
class Machines:
    """The machines of `signer`, which is in the test's own process, and looks on."""

    signer: OnlineSigner
    server: S3Server
    place: str
    folder: Path
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where clients find the repository."""
        return f"{self.server.url}/{self.place}"

    @property
    def root(self) -> bytes:
        """The root that clients start from."""
        return self.signer.bundle.files[0].encode()

    def home(self, name: str) -> Path:
        """The home of the machine of this name, which may be new."""
        folder = self.folder / name
        if not folder.exists():
            folder.mkdir()
            for each in _SHARED:
                (folder / each).write_bytes((self.signer.home.folder / each).read_bytes())
                (folder / each).chmod(0o600)
        return folder

    def start(self, name: str, *verb: str) -> "subprocess.Popen[bytes]":
        """The machine of this name runs `ceremony-online VERB ...`; what it says is in its log."""
        command = [sys.executable, "-c", _CODE, "--home", self.home(name), *verb]
        with (self.folder / f"{name}.log").open("ab") as log:
            env = {**os.environ, "HOME": str(self.folder)}
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=env)
        return self.processes[name]

    def start_api(self, name: str, *how: str) -> str:
        """The URL at which a machine of this name serves and answers calls; with `--api-only` it never publishes."""
        (self.home(name) / "api.toml").write_text('open_writes = "loopback"\n')
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.start(name, "serve", *how, "--listen", address)
        see(lambda: _answers(f"http://{address}/healthz"))
        return f"http://{address}"

    def log(self, name: str) -> str:
        """What the machine of this name has said so far."""
        return (self.folder / f"{name}.log").read_text()

    def leader(self) -> str:
        """The name of the machine that holds the lease, empty if none of those that run does."""
        with self.signer.store.reading() as connection:
            found = re.search(r"process ([0-9]+)$", read_lease(connection).holder)
        running = {str(each.pid): name for name, each in self.processes.items() if each.poll() is None}
        return running.get(found[1], "") if found else ""

    def kill(self, name: str) -> None:
        """The machine of this name is dead at once."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def end(self) -> None:
        """None of them runs any more."""
        for each in self.processes.values():
            with suppress(ProcessLookupError):
                each.send_signal(signal.SIGCONT)
            each.kill()
            each.wait()

    def bodies(self) -> dict[str, set[str]]:
        """By the name of a metadata object, the hash of every body that it ever had."""
        found: dict[str, set[str]] = {}
        for name, etag, _id in self._written("metadata/"):
            found.setdefault(name, set()).add(etag)
        return found

    def timestamps(self) -> list[int]:
        """The version of every timestamp that was ever written, in the order in which they were."""
        path = f"{self.url}/metadata/timestamp.json"
        with httpx.Client(timeout=30) as client:
            newest_first = [
                client.get(path, params={"versionId": each}).json()["signed"]["version"]
                for _name, _etag, each in self._written("metadata/timestamp.json")
            ]
        return newest_first[::-1]

    def _written(self, prefix: str) -> Iterator[tuple[str, str, str]]:
        """Name, hash and the store's own version of every body that any object with this prefix ever had."""
        marker: dict[str, str] = {}
        while True:
            query = {"versions": "", "prefix": f"{self.place}/{prefix}", **marker}
            answer = httpx.get(self.server.url, params=query, timeout=30)
            page = ET.fromstring(answer.content)  # noqa: S314  # of the tests' own server
            for each in page.iter(f"{_VERSIONS}Version"):
                key, etag, version = (
                    each.findtext(f"{_VERSIONS}{part}") or "" for part in ("Key", "ETag", "VersionId")
                )
                yield key.rpartition("/")[2], etag, version
            if page.findtext(f"{_VERSIONS}IsTruncated") != "true":
                return
            marker = {
                "key-marker": page.findtext(f"{_VERSIONS}NextKeyMarker") or "",
                "version-id-marker": page.findtext(f"{_VERSIONS}NextVersionIdMarker") or "",
            }


def _answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(url, timeout=5).status_code < 500
    return False


@contextmanager
def machines(folder: Path, database: str, server: S3Server, wanted: Wanted, moment: datetime) -> Iterator[Machines]:
    """Machines whose first delivery is published; none of them runs yet. The environment says that S3 is there."""
    keep_every_body(server)
    place = f"{sha256(str(folder).encode()).hexdigest()[:12]}/repository"
    made = online_signer(folder, wanted, database=database)
    (made.home.folder / "shelf.toml").write_text(f'url = "s3://{BUCKET}/{place}"\n')
    shelf = open_shelf(made.home)
    made.shelf = shelf  # type: ignore[assignment]  # the same for whoever keeps artifacts there
    made.publisher = replace(made.publisher, shelf=shelf)
    made.deliver(now=moment)
    found = Machines(made, server, place, folder)
    try:
        yield found
    finally:
        found.end()
        made.store.close()


def keep_every_body(server: S3Server) -> None:
    """Whatever is written over in the bucket is kept as a version of it."""
    body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    assert httpx.put(f"{server.url}?versioning", content=body).status_code == 200


@dataclass
class Watching:
    """The real client, which asks again and again, with what it remembers from before; `looks` is how often it has."""

    machines: Machines
    looks: int = 0
    refusals: list[str] = field(default_factory=list)

    def look(self, targets: Sequence[str] = (), *, afresh: bool = False) -> tuple[str, ...]:
        """Those of the targets that it finds."""
        name = f"client-{self.looks}" if afresh else "client"
        return find(self.machines.url, self.machines.root, self.machines.folder / name, targets)


@contextmanager
def watching(machines: Machines) -> Iterator[Watching]:
    """The real client looks all the while; afterwards nothing was ever wrong."""
    found, over = Watching(machines), threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            try:
                found.look()
            except RehearsalError as error:
                found.refusals.append(str(error))
            found.looks += 1

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
    assert found.refusals == []
    assert found.looks


@dataclass
class Adding:
    """Who asks for one target after another; `acknowledged` are the paths of those that were."""

    url: str
    name: str
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0


@contextmanager
def adding(url: str, name: str, every_seconds: float = 0.05) -> Iterator[Adding]:
    """Somebody adds all the while, whatever the answer was."""
    found, over = Adding(url, name), threading.Event()

    def add() -> None:
        number = 0
        with httpx.Client(base_url=url, timeout=60) as caller:
            while not over.wait(every_seconds):
                number += 1
                path = f"{name}/{number}"
                with suppress(httpx.HTTPError):
                    answer = caller.post("/api/v1/artifacts/", json={"artifacts": [artifact(path)]})
                    if answer.status_code == 202:
                        found.acknowledged.append(path)
                        continue
                found.refused += 1

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
