"""A serving signer with its API on the loopback: the writer in one thread, the web server in another, as in life."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

import httpx
from fakes.online_signer import OnlineSigner

from ceremony.errors import StorageError
from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import add_token
from ceremony.online.counter import Counter
from ceremony.online.publisher import Publisher
from ceremony.online.service import serve
from ceremony.online.store import Publication
from ceremony.online.web.beside import Surroundings, api_beside
from ceremony.online.web.settings import ApiSettings
from ceremony.online.web.waiting_front import waiting_front

EVERYTHING = frozenset(Scope)
ANY_PORT = ("127.0.0.1:0",)


@dataclass
class ApiServer:
    """A signer that serves. `crashes` are the tracebacks that it would have kept for its operator."""

    signer: OnlineSigner
    addresses: tuple[str, ...]
    now: datetime
    crashes: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The first address, as a URL."""
        return f"http://{self.addresses[0]}"

    def token(self, name: str = "cyd", scopes: frozenset[Scope] = EVERYTHING, *prefixes: str) -> str:
        """A new token."""
        return add_token(self.signer.store, Grant(name, scopes, prefixes), None, self.now)

    def client(self, token: str | None = None, **options: object) -> httpx.Client:
        """A caller with this token, or with none."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **options)  # type: ignore[arg-type]


class _Quiet:
    """Hears everything, says nothing."""

    def published(self, publication: Publication) -> None:
        """This is out."""

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""


@contextlib.contextmanager
def serving(
    signer: OnlineSigner,
    now: datetime,
    settings: ApiSettings | None = None,
    publishes: Callable[[], bool] = lambda: True,
    *,
    is_apart: bool = False,
) -> Iterator[ApiServer]:
    """The signer serves meanwhile; its writer does nothing while `publishes` is false.

    Where the API `is_apart`, in a process of its own, that has a clock of its own, and keeps tracebacks itself.
    """
    stop = threading.Event()
    crashes: list[str] = []
    around = Surroundings(lambda: now, stop, _Quiet(), crashes.append)
    settings = settings or ApiSettings(listen=ANY_PORT)
    apart = waiting_front() if is_apart else contextlib.nullcontext()
    with apart as front, api_beside(signer.store, signer.home, settings, around, front) as beside:
        failures: list[BaseException] = []

        def write() -> None:
            try:
                while not publishes():
                    if beside.pause.wait(0.05):
                        return
                publisher = signer.publisher if beside.counter is None else _at(beside.counter, signer.publisher)
                serve(publisher, lambda: now, beside.pause, beside.listener)
            except BaseException as error:  # noqa: BLE001  # told below, in the test's own thread
                failures.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            yield ApiServer(signer, beside.addresses, now, crashes)
        finally:
            stop.set()
            writer.join()
    assert failures == []
    assert crashes == []


def _at(counter: Counter, publisher: Publisher) -> Publisher:
    return replace(publisher, counter=counter)


def artifact(path: str, content: bytes = b"content", **info: object) -> dict[str, object]:
    """What a caller says of a target with this content."""
    return {"path": path, "info": {"length": len(content), "hashes": {"sha256": sha256(content).hexdigest()}, **info}}
