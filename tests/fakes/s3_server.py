"""An S3-compatible server on the loopback, in a process of its own, and a proxy before it that can misbehave."""

import contextlib
import http.client
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

# In an environment apart, which scripts/test makes: where boto3 is installed, securesystemslib loads it.
_SERVER = Path(__file__).parents[2] / ".venv-objects" / "bin" / "moto_server"
BUCKET = "shelf"
_START_SECONDS = 60
_SILENT_SECONDS = 3
_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "server", "date"}


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where it listens; everybody may read its one bucket."""

    port: int

    @property
    def url(self) -> str:
        """The bucket, over HTTP."""
        return f"http://127.0.0.1:{self.port}/{BUCKET}"


@dataclass
class Faults:
    """What the proxy does before it passes a call on: each fault is for calls whose line `METHOD path` ends so."""

    errors: dict[str, int] = field(default_factory=dict)
    silences: dict[str, int] = field(default_factory=dict)
    lost_answers: dict[str, int] = field(default_factory=dict)
    slow_bodies: dict[str, int] = field(default_factory=dict)
    forgets_conditions: bool = False
    calls: list[str] = field(default_factory=list)

    def takes(self, faults: dict[str, int], call: str) -> bool:
        """True when this call has this fault; it is counted."""
        for end, left in faults.items():
            if left and call.endswith(end):
                faults[end] = left - 1
                return True
        return False


def use_s3(monkeypatch: pytest.MonkeyPatch, port: int, key: str = "cyd") -> None:
    """The environment says that S3 is there."""
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": "none of ours",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server with an empty bucket, which is gone afterwards."""
    server = S3Server(_free_port())
    program = [str(_SERVER), "-H", "127.0.0.1", "-p", str(server.port)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(process, server)
        assert httpx.put(server.url, headers={"x-amz-acl": "public-read"}).status_code == 200
        yield server
    finally:
        # It keeps nothing: there is no reason to wait until it has thanked everybody.
        process.kill()
        process.wait()


@contextlib.contextmanager
def before(server: S3Server) -> Iterator[tuple[int, Faults]]:
    """The port of a proxy before the server, and what goes wrong there."""
    faults = Faults()
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server, faults))
    proxy.daemon_threads = True
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield proxy.server_address[1], faults
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


class _Passing(BaseHTTPRequestHandler):
    """Passes on what it gets, unless something goes wrong."""

    protocol_version = "HTTP/1.1"
    port: ClassVar[int]
    faults: ClassVar[Faults]

    def do_GET(self) -> None:
        """Any call."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        call, faults = f"{self.command} {self.path}", self.faults
        faults.calls.append(call)
        if faults.takes(faults.silences, call):
            self._fall_silent()
        elif faults.takes(faults.errors, call):
            self._answer(503, {}, b"SlowDown")
        else:
            status, headers, data = self._pass_on(body)
            if faults.takes(faults.lost_answers, call):
                self._fall_silent()
            else:
                self._answer(status, headers, data, is_slow=faults.takes(faults.slow_bodies, call))

    do_PUT = do_HEAD = do_POST = do_DELETE = do_GET  # noqa: N815  # the standard library's names

    def _fall_silent(self) -> None:
        time.sleep(_SILENT_SECONDS)
        self.close_connection = True

    def _pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        conditions = {"if-match", "if-none-match"} if self.faults.forgets_conditions else set()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in conditions}
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            if self.command == "HEAD":
                kept["Content-Length"] = answer.getheader("Content-Length") or "0"
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], data: bytes, *, is_slow: bool = False) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(data))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[:1] if is_slow else data)
            if is_slow:
                self.wfile.flush()
                self._fall_silent()

    def log_message(self, *_told: object) -> None:
        """Nobody reads it."""


def _handler(server: S3Server, faults: Faults) -> type[BaseHTTPRequestHandler]:
    return type("Passing", (_Passing,), {"port": server.port, "faults": faults})


def _await(process: "subprocess.Popen[bytes]", server: S3Server) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{server.port}/moto-api/")
            return
        time.sleep(0.1)
    raise TimeoutError(server)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
