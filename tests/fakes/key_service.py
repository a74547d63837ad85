"""A cloud's key service on the loopback, as far as AWS' own library speaks to it: it signs digests, or refuses."""

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256


@dataclass
class KeyService:
    """One key, known as `online`; `refusal` is the error that every call gets, none if it is empty."""

    private: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    port: int = 0
    refusal: str = ""

    def answer(self, call: dict[str, str]) -> tuple[int, dict[str, str]]:
        """What comes back for a call: its status and its fields."""
        if self.refusal or call["KeyId"] != "online":
            return 400, {"__type": self.refusal or "NotFoundException", "message": "no"}
        assert (call["MessageType"], call["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
        signature = self.private.sign(base64.b64decode(call["Message"]), ECDSA(Prehashed(SHA256())))
        return 200, {"Signature": base64.b64encode(signature).decode()}


@contextlib.contextmanager
def key_service() -> Iterator[KeyService]:
    """A service with a new key, which listens meanwhile."""
    service = KeyService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Calls", (_Calls,), {"service": service}))
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Calls(BaseHTTPRequestHandler):
    service: ClassVar[KeyService]

    def do_POST(self) -> None:
        """A call of the one operation that signing needs."""
        assert self.headers["X-Amz-Target"] == "TrentService.Sign"
        status, fields = self.service.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: object) -> None:
        """Nobody reads it."""
