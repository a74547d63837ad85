"""The front of a signer: its API and its repository as one application, wherever its desk and its lookout are."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ceremony.online.arrivals import Arrivals
from ceremony.online.home import Home
from ceremony.online.shelf_place import open_shelf
from ceremony.online.store import Store
from ceremony.online.web.app import Application
from ceremony.online.web.calls import Api
from ceremony.online.web.desk import Desk, Lookout
from ceremony.online.web.door import Door
from ceremony.online.web.server import WebServer
from ceremony.online.web.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Front:
    """What a front is made of; `crash` keeps a traceback for the operator."""

    home: Home
    store: Store
    settings: ApiSettings
    desk: Desk
    lookout: Lookout
    clock: Callable[[], datetime]
    crash: Callable[[str], object]

    async def application(self) -> Application:
        """The application, for the event loop that asks for it.

        Raises: StorageError; SettingsError.
        """
        limits = self.settings.limits
        arrivals = Arrivals(self.home.arrivals, limits.waiting_bytes)
        api = Api(self.store, self.desk, self.clock, limits, self.lookout, open_shelf(self.home), arrivals)
        door = Door(self.store, self.settings, self.clock)
        return Application(api, door, self.home.repository, self.crash)

    def in_thread(self, sockets: Sequence[socket.socket]) -> WebServer:
        """A server of it, which is not started yet, for sockets that listen."""
        return WebServer(self.application, self.settings, sockets)
