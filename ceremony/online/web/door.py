"""Who is calling: a token, a client's certificate, a local user, or, where the settings say so, anybody who is near."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from ceremony.errors import RefusedError
from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import Tokens, every_token
from ceremony.online.store import Store
from ceremony.online.web.bodies import header_of
from ceremony.online.web.settings import ApiSettings, is_loopback

SUBJECT = "ceremony.subject"
UID = "ceremony.uid"
"""Where a connection says who is at the other end, in the state of its requests."""

_OPEN_SCOPES = frozenset({Scope.ADD, Scope.REMOVE, Scope.READ})
_LOOKED_UP_SECONDS = 1.0
_LOOK_UPS = 50
"""How often within that time a token that nobody knows is looked for once more."""


@dataclass
class Door:
    """Closed to whoever has no grant."""

    store: Store
    settings: ApiSettings
    clock: Callable[[], datetime]
    seconds: Callable[[], float] = time.monotonic
    _tokens: Tokens = field(default_factory=lambda: Tokens({}))
    _at: float = float("-inf")
    _left: int = _LOOK_UPS
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def grant(self, connection: HTTPConnection) -> Grant:
        """What this caller may do.

        A token counts before anything else, and one that opens nothing is refused, whoever sends it.
        Raises: RefusedError (TOKEN-KNOWN); StorageError.
        """
        said = header_of(connection, b"authorization")
        if said is not None:
            scheme, _, text = said.partition(" ")
            if scheme.lower() != "bearer":
                raise RefusedError("TOKEN-KNOWN", "another kind of credentials", "Bearer and a token")
            return (await self._tokens_with(text.strip())).find(text.strip(), self.clock())
        found = self._by_connection(connection)
        if found is None:
            raise RefusedError("TOKEN-KNOWN", "no token", "a token of this signer")
        return found

    def _by_connection(self, connection: HTTPConnection) -> Grant | None:
        state = connection.scope.get("state", {})
        subject, uid = state.get(SUBJECT), state.get(UID)
        if subject is not None and subject in self.settings.clients:
            return self.settings.clients[subject]
        if uid is not None and uid in self.settings.users:
            return self.settings.users[uid]
        return self._if_open(connection, uid)

    def _if_open(self, connection: HTTPConnection, uid: int | None) -> Grant | None:
        # A web page in a browser on this machine reaches the loopback too; browsers say so, and no front end does.
        if "origin" in connection.headers or "sec-fetch-site" in connection.headers:
            return None
        client = connection.client
        is_near = client is not None and is_loopback(f"[{client.host}]:0" if ":" in client.host else f"{client.host}:0")
        if self.settings.open_writes == "loopback" and is_near:
            return Grant("open-loopback", _OPEN_SCOPES)
        if self.settings.open_writes == "unix" and uid is not None:
            return Grant("open-unix", _OPEN_SCOPES)
        return None

    async def _tokens_with(self, text: str) -> Tokens:
        if self.seconds() - self._at > _LOOKED_UP_SECONDS:
            self._left = _LOOK_UPS
            await run_in_threadpool(self._look_up, self.seconds())
        elif self._tokens.may_be_new(text) and self._left > 0:
            # Made this very second, perhaps. Guesses get no more than a few look-ups out of us.
            self._left -= 1
            await run_in_threadpool(self._look_up, self._at)
        return self._tokens

    def _look_up(self, at: float) -> None:
        with self._lock:
            self._tokens = every_token(self.store)
            self._at = at
