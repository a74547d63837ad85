"""Closed by default: who may do what, by token, by path, by where they come from."""

import time
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from fakes.api_server import ANY_PORT, ApiServer, artifact, serving
from fakes.online_signer import OnlineSigner
from fakes.polling_client import wait_until

from ceremony.online.access import Scope
from ceremony.online.access_tokens import revoke_token
from ceremony.online.web.routes import OPERATIONS
from ceremony.online.web.settings import ApiSettings, Limits

ADD = "/api/v1/artifacts/"
DELETE = "/api/v1/artifacts/delete"
CLOSED = [each for each in OPERATIONS if each.needs is not None]
BODIES: dict[str, object] = {
    "addArtifacts": {"artifacts": [artifact("demo")]},
    "removeArtifacts": {"artifacts": ["demo"]},
    "putConfig": {"settings": {"expiration": {}}},
    "renewOnline": {"roles": ["timestamp"]},
    "offerMetadata": {"metadata": {}},
    "signMetadata": {"role": "root", "signature": {"keyid": "00", "sig": "00"}},
    "withdrawMetadata": {"role": "root"},
}


def ask(client: httpx.Client, name: str) -> httpx.Response:
    """A call of this operation that only access could refuse, or the state of the repository."""
    operation = next(each for each in OPERATIONS if each.name == name)
    if operation.streams:
        headers = {"Content-Type": "application/x-ndjson"}
        return client.request(operation.method, operation.path, content=b"", headers=headers)
    return client.request(operation.method, operation.path, json=BODIES.get(name))


def test_without_a_token_everything_that_is_not_public_is_closed(server: ApiServer) -> None:
    """Whatever the operation, and whatever stands in for a token."""
    known = server.token()
    wrong = [
        None,
        "",
        "Bearer",
        "Bearer cot_000000000000_" + "A" * 43,
        f"Bearer {known}x",
        f"Bearer {known[:-1]}",
        f"Basic {known}",
        known,
        "Bearer " + known[:17] + "B" * 43,
    ]
    with server.client() as client:
        for each in CLOSED:
            assert ask(client, each.name).status_code == 401, each.name
        for said in wrong:
            headers = {} if said is None else {"Authorization": said}
            response = client.post(ADD, json=BODIES["addArtifacts"], headers=headers)
            assert (response.status_code, response.json()["rule"]) == (401, "TOKEN-KNOWN"), said
            assert response.headers["www-authenticate"].startswith("Bearer")
    assert server.signer.targets() == {}


def test_what_is_public_needs_no_token(server: ApiServer) -> None:
    """Health, the description of the API, and the repository itself."""
    with server.client() as client:
        for path in (
            "/healthz",
            "/readyz",
            "/api/v1/openapi.json",
            "/metadata/timestamp.json",
            "/metadata/1.root.json",
        ):
            assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("scope", list(Scope))
def test_a_scope_opens_what_needs_it_and_nothing_else(server: ApiServer, scope: Scope) -> None:
    """The whole matrix."""
    with server.client(server.token(scope.value, frozenset({scope}))) as client:
        for each in CLOSED:
            response = ask(client, each.name)
            is_refused = response.status_code == 403
            assert is_refused == (scope not in (each.needs or ())), (each.name, response.text)
            assert not is_refused or response.json()["rule"] == "TOKEN-SCOPE"


def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(server: ApiServer) -> None:
    """For adding, removing, streams, and publishing what is held."""
    demo = server.token("demo", frozenset({Scope.ADD, Scope.REMOVE}), "demo/")
    with server.client(demo) as mine, server.client(server.token()) as other:
        other.post(ADD, json={"artifacts": [artifact("other/held")], "publish_artifacts": False})
        for path in ("demolition/x", "other/x", "demo", "Demo/x"):
            refused = mine.post(ADD, json={"artifacts": [artifact("demo/fine"), artifact(path)]})
            assert (refused.status_code, refused.json()["rule"]) == (403, "TOKEN-PREFIX"), path
            assert mine.post(DELETE, json={"artifacts": [path]}).status_code == 403
        assert mine.post("/api/v1/artifacts/publish/", params={"wait": "true"}).status_code == 200
        fine = mine.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("demo/fine")]})
        assert fine.status_code == 200

    assert server.signer.targets().keys() == {"demo/fine"}


def test_a_task_is_told_to_its_maker_and_to_readers(server: ApiServer) -> None:
    """To anybody else it is as if there were none."""
    adder = frozenset({Scope.ADD})
    with server.client(server.token("ann", adder)) as ann:
        task = ann.post(ADD, json={"artifacts": [artifact("demo")]}).json()["data"]["task_id"]
        assert ann.get("/api/v1/task/", params={"task_id": task}).status_code == 200
    for name, scopes, status in (("bob", adder, 404), ("cyd", frozenset({Scope.READ}), 200)):
        with server.client(server.token(name, scopes)) as client:
            assert client.get("/api/v1/task/", params={"task_id": task}).status_code == status


def test_a_revoked_token_opens_nothing_within_a_second(server: ApiServer) -> None:
    """Without a restart."""
    with server.client(server.token("ann")) as client:
        assert client.get("/api/v1/config/").status_code == 200
        revoke_token(server.signer.store, "ann", server.now)

        began = time.monotonic()
        wait_until(lambda: client.get("/api/v1/config/").status_code == 401)

    # The second, and whatever else this machine has to do.
    assert time.monotonic() - began < 10


@pytest.fixture
def open_server(living: OnlineSigner, moment: datetime) -> Iterator[ApiServer]:
    """A signer whose operator opened the loopback."""
    with serving(living, moment, ApiSettings(listen=ANY_PORT, open_writes="loopback")) as found:
        yield found


def test_an_open_loopback_takes_changes_but_no_orders(open_server: ApiServer) -> None:
    """Adding, removing and reading; what an administrator does needs a token all the same."""
    with open_server.client() as client:
        assert client.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("demo")]}).status_code == 200
        assert client.post(DELETE, json={"artifacts": ["demo"]}).status_code == 202
        assert client.get("/api/v1/config/").status_code == 200
        assert ask(client, "renewOnline").status_code == 403


def test_a_wrong_token_is_refused_even_where_none_is_needed(open_server: ApiServer) -> None:
    """Whoever has a token means to be known by it."""
    with open_server.client("cot_000000000000_" + "A" * 43) as client:
        assert client.get("/api/v1/config/").status_code == 401


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
def test_a_web_page_does_not_get_in_by_an_open_loopback(open_server: ApiServer, header: str) -> None:
    """A browser on the same machine runs pages of strangers, and says so."""
    with open_server.client() as client:
        response = client.post(ADD, json=BODIES["addArtifacts"], headers={header: "https://attacker.example"})

    assert response.status_code == 401


def test_a_grant_has_so_many_calls(living: OnlineSigner, moment: datetime) -> None:
    """And the others have theirs."""
    settings = ApiSettings(listen=ANY_PORT, limits=Limits(rate=1, burst=5))
    with serving(living, moment, settings) as server, server.client(server.token("ann")) as ann:
        responses = [ann.get("/api/v1/config/") for _ in range(8)]
        with server.client(server.token("bob")) as bob:
            other = bob.get("/api/v1/config/")

    assert [each.status_code for each in responses[:5]] == [200] * 5
    assert responses[-1].status_code == 429
    assert responses[-1].json()["rule"] == "RATE-LIMIT"
    assert int(responses[-1].headers["retry-after"]) >= 1
    assert other.status_code == 200


def test_a_body_has_its_limit_whether_it_says_how_long_it_is_or_not(living: OnlineSigner, moment: datetime) -> None:
    """Neither is read to its end."""

    def endless() -> Iterator[bytes]:
        yield b'{"artifacts":['
        for _ in range(100):
            yield b" " * 1_000

    with serving(living, moment, ApiSettings(listen=ANY_PORT, limits=Limits(body_bytes=5_000))) as server:
        for content in (b" " * 5_001, endless()):
            with server.client(server.token(f"ann{type(content).__name__}")) as client:
                response = client.post(ADD, content=content, headers={"Content-Type": "application/json"})
                assert (response.status_code, response.json()["rule"]) == (413, "BODY-SIZE")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_token_is_in_the_database(server: ApiServer) -> None:
    """Nor in its log of writes."""
    token = server.token("ann")
    with server.client(token) as client:
        client.get("/api/v1/config/")

    files = [*server.signer.home.folder.glob("signer.db*")]
    assert files
    assert not any(token.encode()[17:] in each.read_bytes() for each in files)
