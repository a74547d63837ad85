"""The front's own program: its line to the writer is its standard input, and what comes over it first says what for."""

import asyncio
import os
import signal
import socket
import sys

from ceremony.online.clock import moment
from ceremony.online.crash import write_crash
from ceremony.online.home import Home
from ceremony.online.log_options import open_log
from ceremony.online.opening import opened
from ceremony.online.own_process import end_with_parent
from ceremony.online.program import run
from ceremony.online.settings import load_signer_settings
from ceremony.online.store import Store
from ceremony.online.web.app import Application
from ceremony.online.web.far_writer import FarWriter
from ceremony.online.web.front import Front
from ceremony.online.web.line import FromWriter, Line, Stop, first_said
from ceremony.online.web.server import WebServer
from ceremony.online.web.settings import ApiSettings


def main() -> None:
    """Callers were answered until the writer said stop, or was there no more."""
    # Orders to stop come from the writer, who sees to it that whoever waits is answered.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    end_with_parent()
    line = socket.socket(fileno=sys.stdin.fileno())
    try:
        start, sockets = first_said(line)
    except EOFError:
        # Whoever started this one found that there is nothing to do.
        return
    if os.getppid() != start.writer:
        # It died before this process could ask to end with it.
        return
    home = Home(start.home)
    open_log(load_signer_settings(home.folder).log, is_serving=True)
    with opened(home) as store:
        front = _Answering(home, store, start.settings, sockets, line)
        front.server.start()
        front.server.join()


class _Answering:
    """The server, and the line that it is stopped by."""

    def __init__(
        self, home: Home, store: Store, settings: ApiSettings, sockets: list[socket.socket], line: socket.socket
    ) -> None:
        """It serves at the sockets that it is given."""
        self._home = home
        self._store = store
        self._settings = settings
        self._socket = line
        self._writer = FarWriter()
        self._is_told_to_stop = False
        self.server = WebServer(self._make, settings, sockets)

    async def _make(self) -> Application:
        loop = asyncio.get_running_loop()

        def at_this_end() -> Line[FromWriter]:
            return Line(FromWriter, self._hear)

        _, line = await loop.create_connection(at_this_end, sock=self._socket)
        self._writer.reach(line)
        line.lost.add_done_callback(self._end)
        front = Front(self._home, self._store, self._settings, self._writer, self._writer, moment, _keep_crash)
        return await front.application()

    def _end(self, _lost: "asyncio.Future[None]") -> None:
        # Nobody can say any more what became of calls under way: they get no answer, as from a signer that was killed.
        if not self._is_told_to_stop:
            os._exit(1)

    def _hear(self, said: FromWriter) -> None:
        if isinstance(said, Stop):
            self._is_told_to_stop = True
            self.server.stop()
        else:
            self._writer.hear(said)


def _keep_crash(text: str) -> None:
    write_crash(text, moment())


if __name__ == "__main__":
    run(main)
