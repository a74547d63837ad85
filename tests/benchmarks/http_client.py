"""Callers of the API, as cheap as they can be: each sends one add, waits until clients can see it, and sends the next.

Started by http_load.py as `http_client.py PORT FIRST CALLERS SECONDS MOST`, with the token on standard input, and made
ready for MOST calls; prints JSON: the milliseconds of every answer, and for how many seconds they called. The server is
to be measured, not this.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import cast

import uvloop

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.targets_like_pypi import digest_of, length_of, path_of

_GOOD = b"HTTP/1.1 200"
_HEAD = (
    "POST /api/v1/artifacts/?wait=true HTTP/1.1\r\nHost: signer\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
)


class Caller(asyncio.Protocol):
    """One connection; requests are made beforehand, and all callers take from the same heap."""

    def __init__(self, requests: list[bytes], until: float, taken: list[float], over: asyncio.Event) -> None:
        self._requests = requests
        self._until = until
        self._taken = taken
        self._over = over
        self._transport: asyncio.WriteTransport | None = None
        self._began = 0.0
        self._found = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first call is sent."""
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """More of an answer has come; once it is whole the next call is sent."""
        self._found += data
        head, end, body = self._found.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        if not self._found.startswith(_GOOD):
            sys.exit(self._found.decode())
        self._taken.append((time.perf_counter() - self._began) * 1000)
        self._found = b""
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        self._began = time.perf_counter()
        if self._began > self._until or not self._requests:
            self._transport.close()
            self._over.set()
            return
        self._transport.write(self._requests.pop())


async def call(port: int, requests: list[bytes], callers: int, seconds: float) -> tuple[list[float], float]:
    """The milliseconds of every answer to so many callers at once, and for how many seconds they called."""
    taken: list[float] = []
    loop, began = asyncio.get_running_loop(), time.perf_counter()
    overs = [asyncio.Event() for _ in range(callers)]
    for over in overs:
        caller = Caller(requests, began + seconds, taken, over)
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)
    for over in overs:
        await over.wait()
    return taken, time.perf_counter() - began


def main(port: int, first: int, callers: int, seconds: float, most: int) -> None:
    """The calls are made and told of."""
    token = sys.stdin.readline().strip()
    requests = [_request(number, token) for number in range(first, first + most)]
    taken, lasted = uvloop.run(call(port, requests, callers, seconds))
    json.dump({"milliseconds": taken, "seconds": lasted}, sys.stdout)


def _request(number: int, token: str) -> bytes:
    info = {"length": length_of(number), "hashes": {"blake2b-256": digest_of(number)}}
    body = json.dumps({"artifacts": [{"path": path_of(number), "info": info}]})
    return _HEAD.format(token=token, length=len(body), body=body).encode()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
