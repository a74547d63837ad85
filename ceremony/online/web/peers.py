"""A connection that knows who is at the other end, and waits for no header for ever."""

import asyncio
import socket
import struct
from collections.abc import Mapping, Sequence
from itertools import chain

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ceremony.online.web.bodies import WHOLE
from ceremony.online.web.door import SUBJECT, UID

HEADER_BYTES = 32_768
HEADER_SECONDS = 15.0
LINGER_SECONDS = 5.0
"""How long the rest of a body is thrown away after its answer: closed at once, a caller who is still sending would
never read why."""

_CREDENTIALS = struct.Struct("3i")
_SHORT = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "stateOrProvinceName": "ST",
    "localityName": "L",
    "domainComponent": "DC",
    "userId": "UID",
    "serialNumber": "serialNumber",
}
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s"
)
_PROBLEM = (
    b'{"type":"urn:ceremony:rule:headers-short","title":"Refused by the rule HEADERS-SHORT","status":431,'
    b'"detail":"The headers are longer than 32768 bytes.","advice":"Send fewer and shorter headers.",'
    b'"rule":"HEADERS-SHORT"}'
)


class PeerProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which tells each request the subject of the client's certificate, or the uid of its process.

    Headers have to come whole within HEADER_SECONDS, and to be no longer than HEADER_BYTES. A body that was answered
    before its end has LINGER_SECONDS more.
    """

    _peer: Mapping[str, object] = {}
    _header_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None
    _header_bytes = 0
    _is_in_headers = True
    _has_begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The other end is known, and its first headers are awaited."""
        super().connection_made(transport)
        self._peer = _peer_of(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        self._stop_lingering()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of a request has come."""
        if self._is_in_headers:
            self._has_begun = True
            self._header_bytes += len(data)
        super().data_received(data)
        # Headers that came with the rest of their request are over by now, however long that was.
        if not self._has_begun or self.transport.is_closing():
            return
        if self._header_bytes > HEADER_BYTES:
            self.transport.write(_TOO_LARGE % (len(_PROBLEM), _PROBLEM))
            self.transport.close()
        elif self._header_timer is None:
            self._await_headers()

    def on_message_begin(self) -> None:
        """A request begins, and knows who sends it."""
        super().on_message_begin()
        # Its time begins too. Most requests come at once, headers and all: those never see a timer.
        self._stop_waiting()
        self._has_begun = True
        self.scope["state"].update(self._peer)

    def on_headers_complete(self) -> None:
        """The headers are whole."""
        self._stop_waiting()
        self._has_begun = self._is_in_headers = False
        if sum(map(len, chain.from_iterable(self.headers))) > HEADER_BYTES:
            self.transport.write(_TOO_LARGE % (len(_PROBLEM), _PROBLEM))
            self.transport.close()
            return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole, and knows it; another may follow."""
        self._is_in_headers = True
        self._header_bytes = 0
        self._stop_lingering()
        self.scope["state"][WHOLE] = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The request is answered; what is left of it does not hold the connection for ever."""
        if not self._is_in_headers and self._linger_timer is None:
            self._linger_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)
        super().on_response_complete()

    def _await_headers(self) -> None:
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _stop_lingering(self) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None


def subject_text(subject: Sequence[Sequence[tuple[str, str]]]) -> str:
    """A certificate's subject as settings name it, such as `O=Example,CN=uploader`, in the certificate's own order."""
    return ",".join(f"{_SHORT.get(kind, kind)}={_escaped(value)}" for parts in subject for kind, value in parts)


def _escaped(value: str) -> str:
    return "".join(f"\\{each}" if each in ",=+\\" else each for each in value)


def _peer_of(transport: asyncio.Transport) -> Mapping[str, object]:
    found: dict[str, object] = {}
    certificate = transport.get_extra_info("peercert")
    if certificate:
        found[SUBJECT] = subject_text(certificate.get("subject", ()))
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family == socket.AF_UNIX:
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        found[UID] = _CREDENTIALS.unpack(raw)[1]
    return found
