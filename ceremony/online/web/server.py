"""The web server, and its life in a thread of its own."""

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
import uvloop
from starlette.types import ASGIApp

from ceremony.online.web.peers import PeerProtocol
from ceremony.online.web.settings import ApiSettings
from ceremony.online.web.tls import tls_context

GRACE_SECONDS = 10
_TICK_SECONDS = 0.05
_KEEP_ALIVE_SECONDS = 30
_CONNECTIONS = 4
"""How many connections there may be for each call that may be under way."""


class WebServer:
    """Serves an application at some addresses, in a thread, until told to stop; then calls under way are finished."""

    def __init__(
        self, make: Callable[[], Awaitable[ASGIApp]], settings: ApiSettings, sockets: Sequence[socket.socket]
    ) -> None:
        """`make` gives the application, in the event loop that it is for. The `sockets` listen already.

        Raises: StorageError if a file cannot be read; SettingsError if it is of no use for TLS.
        """
        self._make = make
        self._settings = settings
        self._tls = None if settings.tls is None else tls_context(settings.tls)
        self._sockets = sockets
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="web")
        self.on_end: Callable[[], None] = lambda: None

    @property
    def is_over(self) -> bool:
        """True when its thread has ended."""
        return not self._thread.is_alive()

    def start(self) -> None:
        """It answers, from soon on; connections that come earlier wait."""
        self._thread.start()

    def stop(self) -> None:
        """It takes no more connections, and ends when the calls under way are answered. Safe in a signal handler."""
        self._stop.set()

    def join(self) -> None:
        """It has ended.

        Raises: whatever ended it, if nobody told it to stop.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001  # it is raised again in the thread that joins this one
            self._failure = error
        finally:
            self.on_end()

    async def _serve(self) -> None:
        app = await self._make()
        servers = [self._server(app, each) for each in self._sockets]
        stopper = asyncio.create_task(self._watch_stop(servers))
        try:
            await asyncio.gather(*(server.serve([each]) for server, each in zip(servers, self._sockets, strict=True)))
        finally:
            stopper.cancel()

    def _server(self, app: ASGIApp, at: socket.socket) -> uvicorn.Server:
        config = uvicorn.Config(
            app,
            http=PeerProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.CRITICAL + 1,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=self._settings.limits.concurrent * _CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(GRACE_SECONDS, self._settings.limits.wait_seconds + 1),
        )
        config.load()
        config.ssl = None if at.family == socket.AF_UNIX else self._tls
        return uvicorn.Server(config)

    async def _watch_stop(self, servers: Sequence[uvicorn.Server]) -> None:
        # A signal handler may set an event, and nothing else: it could have interrupted anything.
        while not self._stop.is_set():  # noqa: ASYNC110  # the same
            await asyncio.sleep(_TICK_SECONDS)
        for server in servers:
            server.should_exit = True
