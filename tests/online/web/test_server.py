"""The wire: TLS and certificates, local sockets and users, slow and long requests, files of the shelf, the end."""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes.api_server import ANY_PORT, ApiServer, artifact, serving
from fakes.online_signer import OnlineSigner

from ceremony.engine.rehearsal import follow
from ceremony.errors import StorageError
from ceremony.online.access import Grant, Scope
from ceremony.online.web import peers
from ceremony.online.web.addresses import listening
from ceremony.online.web.settings import ApiSettings, Limits, Tls

ADD = "/api/v1/artifacts/"
ADDER = Grant("uploader", frozenset({Scope.ADD}), ("demo/",))


def _named(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example, Inc"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


class Authority:
    """Who signs certificates in these tests."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = _named(name)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(self._sign(self.subject, self.key.public_key(), is_authority=True))

    def issue(self, name: str) -> tuple[Path, Path]:
        """The certificate and key of somebody of this name, who is reached at 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, private = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(self._sign(_named(name), key.public_key(), is_authority=False))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, private

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool) -> bytes:
        now = datetime.now(UTC)  # noqa: TID251  # TLS asks the real clock
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        )
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The one that the signer believes."""
    return Authority(tmp_path, "authority")


@pytest.fixture
def tls(living: OnlineSigner, moment: datetime, authority: Authority) -> Iterator[ApiServer]:
    """A signer behind TLS, which knows the uploader by certificate."""
    certificate, key = authority.issue("signer")
    settings = ApiSettings(
        listen=ANY_PORT,
        tls=Tls(certificate, key, authority.path),
        clients={r"O=Example\, Inc,CN=uploader": ADDER},
    )
    with serving(living, moment, settings) as found:
        yield found


def _call(server: ApiServer, authority: Authority, shown: tuple[Path, Path] | None) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(authority.path))
    if shown is not None:
        context.load_cert_chain(*shown)
    return httpx.Client(base_url=f"https://{server.addresses[0]}", verify=context)


def test_a_certificate_opens_what_its_subject_may(tls: ApiServer, authority: Authority) -> None:
    """By its whole subject, and for its own folder."""
    with _call(tls, authority, authority.issue("uploader")) as client:
        assert client.post(ADD, json={"artifacts": [artifact("demo/x")]}).status_code == 202
        assert client.post(ADD, json={"artifacts": [artifact("other/x")]}).status_code == 403
        assert client.get("/api/v1/config/").status_code == 403


def test_a_certificate_of_somebody_else_opens_nothing(tls: ApiServer, authority: Authority) -> None:
    """Nor does none; but what is public is there, and a token counts."""
    for shown in (authority.issue("stranger"), None):
        with _call(tls, authority, shown) as client:
            assert client.post(ADD, json={"artifacts": [artifact("demo/x")]}).status_code == 401
            assert client.get("/metadata/timestamp.json").status_code == 200
    with _call(tls, authority, None) as client:
        headers = {"Authorization": f"Bearer {tls.token()}"}
        assert client.get("/api/v1/config/", headers=headers).status_code == 200


def test_a_certificate_by_another_authority_does_not_come_in(
    tls: ApiServer, authority: Authority, tmp_path: Path
) -> None:
    """Even with the right subject."""
    (tmp_path / "other").mkdir()
    forged = Authority(tmp_path / "other", "authority").issue("uploader")

    with _call(tls, authority, forged) as client, pytest.raises(httpx.TransportError):
        client.post(ADD, json={"artifacts": [artifact("demo/x")]})


def test_a_local_user_is_known_by_the_system(living: OnlineSigner, moment: datetime, tmp_path: Path) -> None:
    """Over a Unix socket that others than its group do not reach; it is gone when the signer is."""
    path = tmp_path / "api.sock"
    settings = ApiSettings(listen=(f"unix:{path}",), users={os.getuid(): ADDER})
    with serving(living, moment, settings):
        assert path.stat().st_mode & 0o007 == 0
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://signer") as client:
            assert client.post(ADD, json={"artifacts": [artifact("demo/x")]}).status_code == 202
            assert client.post(ADD, json={"artifacts": [artifact("other/x")]}).status_code == 403
    assert not path.exists()


@pytest.mark.parametrize(("open_writes", "status"), [("", 401), ("unix", 202)])
def test_another_local_user_is_nobody_unless_the_socket_is_open(
    living: OnlineSigner, moment: datetime, tmp_path: Path, open_writes: str, status: int
) -> None:
    """And an open socket opens no other address."""
    path = tmp_path / "api.sock"
    settings = ApiSettings(listen=(*ANY_PORT, f"unix:{path}"), users={os.getuid() + 1: ADDER}, open_writes=open_writes)
    with serving(living, moment, settings) as server:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://signer") as client:
            assert client.post(ADD, json={"artifacts": [artifact("demo/x")]}).status_code == status
        with server.client() as client:
            assert client.post(ADD, json={"artifacts": [artifact("demo/x")]}).status_code == 401


def test_a_socket_that_somebody_serves_is_not_taken(tmp_path: Path) -> None:
    """One that a killed signer left is; and of a file nothing is lost."""
    path = tmp_path / "api.sock"
    (serving_there,) = listening([f"unix:{path}"])
    with pytest.raises(StorageError) as refusal:
        listening([f"unix:{path}"])
    assert refusal.value.reason == "EADDRINUSE"
    serving_there.close()
    (again,) = listening([f"unix:{path}"])
    again.close()

    (tmp_path / "file").write_text("kept")
    with pytest.raises(StorageError):
        listening([f"unix:{tmp_path / 'file'}"])
    assert (tmp_path / "file").read_text() == "kept"


def test_an_address_that_is_taken_is_said_so(server: ApiServer) -> None:
    """Before anything is served."""
    with pytest.raises(StorageError) as refusal:
        listening([server.addresses[0]])

    assert (refusal.value.path, refusal.value.reason) == (server.addresses[0], "EADDRINUSE")


@contextlib.contextmanager
def raw(server: ApiServer) -> Iterator[socket.socket]:
    """A bare connection."""
    host, _, port = server.addresses[0].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        yield connection


def _all_of(connection: socket.socket) -> bytes:
    found = b""
    while chunk := connection.recv(65_536):
        found += chunk
    return found


def test_headers_that_never_end_are_cut_off(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a new connection, after a byte or two, and on one that served a request before."""
    monkeypatch.setattr(peers, "HEADER_SECONDS", 1.0)
    for first in (b"", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /h"):
        with raw(server) as connection:
            connection.sendall(first)
            began = time.monotonic()
            found = _all_of(connection)
            assert time.monotonic() - began < 10
            assert found.startswith(b"HTTP/1.1 200" if first.endswith(b"/h") else b"")


def test_line_ends_alone_hold_no_connection(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a request that was served: they may come before a request, and none follows."""
    monkeypatch.setattr(peers, "HEADER_SECONDS", 1.0)
    with raw(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"\r\n")
        began = time.monotonic()
        _all_of(connection)
        assert time.monotonic() - began < 10


def test_a_body_in_pieces_is_taken_like_one_that_comes_at_once(server: ApiServer) -> None:
    """Its head alone first, then each half; and two requests in one piece, each with its own body."""
    body = json.dumps({"artifacts": [artifact("demo/pieces")]}).encode()
    head = f"POST {ADD} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head += f"Authorization: Bearer {server.token()}\r\n"
    with raw(server) as connection:
        for piece in (f"{head}\r\n".encode(), body[:20], body[20:]):
            connection.sendall(piece)
            time.sleep(0.1)
        connection.sendall(f"{head}\r\n".encode() + body + f"{head}Connection: close\r\n\r\n".encode() + body)
        found = _all_of(connection)

    assert found.count(b"HTTP/1.1 202") == 3


@pytest.mark.parametrize(
    "headers", [b"X: " + b"y" * 70_000, b"\r\n".join(b"X%d: y" % number for number in range(9_000))]
)
def test_headers_that_are_too_long_are_refused(server: ApiServer, headers: bytes) -> None:
    """Whole or not."""
    for end in (b"\r\n\r\n", b""):
        with raw(server) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + headers + end)
            with contextlib.suppress(ConnectionResetError):
                assert _all_of(connection).startswith(b"HTTP/1.1 431")


def test_a_body_that_comes_too_slowly_is_given_up(living: OnlineSigner, moment: datetime) -> None:
    """With a problem document, and the connection closed."""
    limits = Limits(body_seconds=1)
    with serving(living, moment, ApiSettings(listen=ANY_PORT, limits=limits)) as server:
        token = server.token()
        for path, kind in ((ADD, "json"), ("/api/v1/artifacts/bulk", "x-ndjson")):
            with raw(server) as connection:
                head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/{kind}\r\nContent-Length: 100\r\n"
                connection.sendall(f"{head}Authorization: Bearer {token}\r\n\r\n{{".encode())
                found = _all_of(connection)
                assert found.startswith(b"HTTP/1.1 408")
                assert b'"BODY-SLOW"' in found


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_a_refusal_reaches_whoever_is_still_sending(server: ApiServer, kind: str) -> None:
    """The connection is not cut under their hands, and serves the next request."""
    token = server.token()
    head = f"POST {ADD} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nAuthorization: Bearer {token}\r\n"
    body = b" " * 6_000_000
    with raw(server) as connection:
        for _ in range(2):
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
            time.sleep(0.1)
            connection.sendall(body)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        found = _all_of(connection)

    status = b"HTTP/1.1 415" if kind == "text/plain" else b"HTTP/1.1 413"
    assert (found.count(status), found.count(b"HTTP/1.1 200")) == (2, 1)


def test_a_body_without_an_end_is_cut_off_after_its_answer(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the answer was."""
    monkeypatch.setattr(peers, "LINGER_SECONDS", 0.3)
    with raw(server) as connection:
        connection.sendall(f"POST {ADD} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode())
        assert _all_of(connection).startswith(b"HTTP/1.1 401")


def test_a_caller_who_goes_away_leaves_nothing_behind(server: ApiServer) -> None:
    """In the middle of a body."""
    with raw(server) as connection:
        head = f"POST {ADD} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
        connection.sendall(f"{head}Authorization: Bearer {server.token()}\r\n\r\n{{".encode())
    with server.client() as client:
        assert client.get("/healthz").status_code == 200


def test_calls_under_way_have_a_limit(living: OnlineSigner, moment: datetime) -> None:
    """Beyond it callers are told to come back; health is answered all the same."""
    gate = threading.Event()
    limits = Limits(concurrent=2, wait_seconds=60)
    with serving(living, moment, ApiSettings(listen=ANY_PORT, limits=limits), gate.is_set) as server:
        token = server.token()

        def wait(number: int) -> None:
            body = {"artifacts": [artifact(f"demo/{number}")]}
            with server.client(token) as client:
                # The one who looks whether there is room takes it up while looking.
                while client.post(ADD, params={"wait": "true"}, json=body).status_code == 503:
                    time.sleep(0.01)

        waiting = [threading.Thread(target=wait, args=(number,)) for number in range(2)]
        for each in waiting:
            each.start()
        with server.client(token) as client:
            deadline = time.monotonic() + 40
            while (response := client.get("/api/v1/config/")).status_code == 200 and time.monotonic() < deadline:
                time.sleep(0.01)
            health = client.get("/healthz")
        gate.set()
        for each in waiting:
            each.join()

    assert (response.status_code, response.json()["rule"]) == (503, "LOAD-LIMIT")
    assert "retry-after" in response.headers
    assert health.status_code == 200


def test_the_repository_is_served_to_the_real_client(server: ApiServer, tmp_path: Path) -> None:
    """Over HTTP, from root 1, with its targets."""
    server.signer.ask("docs/demo.txt", b"content", server.now)
    with server.client(server.token()) as client:
        client.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("other")]})

    found = follow(server.url, server.signer.bundle.files[0].encode(), tmp_path / "client", ["docs/demo.txt"])

    assert found == {"docs/demo.txt": b"content"}


def test_what_never_changes_may_be_kept_and_the_timestamp_may_not(server: ApiServer) -> None:
    """For any cache between the signer and its clients."""
    with server.client() as client:
        root, timestamp = client.get("/metadata/1.root.json"), client.get("/metadata/timestamp.json")
        again = client.get("/metadata/1.root.json", headers={"If-None-Match": root.headers["etag"]})
        head = client.head("/metadata/1.root.json")

    assert root.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert timestamp.headers["cache-control"] == "no-cache"
    assert root.headers["content-type"] == "application/json"
    assert (again.status_code, again.content) == (304, b"")
    assert head.headers["content-length"] == str(len(root.content))


@pytest.mark.parametrize(
    "path",
    [
        "/metadata/",
        "/metadata/missing.json",
        "/metadata/..%2f..%2fonline-key.pem",
        "/metadata/../../online-key.pem",
        "/metadata/.1.root.json",
        "/targets/../../online-key.pem",
        "/targets/%2e%2e/%2e%2e/online-key.pem",
        "/targets/..%2f..%2fonline-key.pem",
        "/targets//etc/passwd",
        "/targets/%00",
        "/targets/..%5c..%5conline-key.pem",
        "/targets/link",
        "/targets/folder/online-key.pem",
        "/targets/pipe",
        "/signer.db",
    ],
)
def test_nothing_but_the_shelf_is_served(server: ApiServer, path: str) -> None:
    """No way out of it: by no path, and by no link."""
    targets = server.signer.home.repository / "targets"
    targets.mkdir(exist_ok=True)
    (targets / "link").symlink_to(server.signer.home.private_key)
    (targets / "folder").symlink_to(server.signer.home.folder)
    os.mkfifo(targets / "pipe")

    with raw(server) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        found = _all_of(connection)

    assert found.startswith(b"HTTP/1.1 404"), found[:200]
    assert b"PRIVATE" not in found


ODD = (
    (b"", b"[::1"),
    (b"", b"x/metadata/../.."),
    (b"", b"x/targets"),
    (b"", b"\xff"),
    (b"", b"x:99999999"),
    (b"?\xff", b"x"),
    (b"?%ff", b"x"),
    (b"?a=%00", b"x"),
    (b"#a", b"x"),
    (b"", b"x\r\nUpgrade: websocket\r\nConnection: Upgrade, close"),
)
"""Queries and values of the header Host."""


def test_nothing_in_a_host_or_a_query_is_a_fault_of_the_signer(server: ApiServer) -> None:
    """Anybody may send them; no note is made for the operator, who could do nothing about it."""
    for path in (b"/metadata/timestamp.json", b"/healthz", b"/api/v1/config/", b"/nothing"):
        for query, host in ODD:
            with raw(server) as connection:
                said = b"GET %s%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, query, host)
                connection.sendall(said)
                found = _all_of(connection)
            assert found.startswith(b"HTTP/1.1 "), said
            assert not found.startswith(b"HTTP/1.1 5"), (said, found[:300])


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is the caller here")
def test_a_caller_who_expects_to_be_asked_is_answered(server: ApiServer) -> None:
    """Of a long body it sends nothing before that."""
    body = b'{"artifacts":[' + b" " * 100_000 + b"]}"
    said = (f"Authorization: Bearer {server.token()}", "Content-Type: application/json", "Expect: 100-continue")
    headers = [word for each in said for word in ("-H", each)]
    done = subprocess.run(
        ["curl", "-s", "-w", "%{http_code}", f"{server.url}{ADD}", *headers, "--data-binary", "@-"],
        input=body,
        capture_output=True,
        check=True,
    )

    assert done.stdout.endswith(b"202")
