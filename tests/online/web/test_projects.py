"""Projects over the API, from their keys to a release that the real client downloads: PEP 480, recently-claimed."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

import httpx
import pytest
from fakes.api_server import ANY_PORT, ApiServer, serving
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import REPOSITORY

from ceremony.core.delegating import delegate_projects
from ceremony.core.projects import encode_claims
from ceremony.online.access import Scope
from ceremony.online.arrivals import KEPT, Arrivals
from ceremony.online.project_files import waiting_uploads
from ceremony.online.projects import registrations
from ceremony.online.web.settings import ApiSettings, Limits

PROJECTS = "/api/v1/projects/"
DEMO = "files/demo/demo-1.0.tar.gz"
WAIT = {"wait": "true"}
BYTES = {"Content-Type": "application/octet-stream"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def server(living: OnlineSigner, moment: datetime) -> Iterator[ApiServer]:
    """A signer whose clients ask claimed and recently-claimed before bins."""
    living.deliver(changed(living.bundle, Changing(delegations=(CLAIMED, RECENT), now=moment)), moment)
    with serving(living, moment) as found:
        yield found


def batch(*names: str, repository: str = REPOSITORY) -> bytes:
    """The batch of these projects."""
    return encode_claims(repository, tuple(project(name) for name in sorted(names)))


def register(caller: httpx.Client, data: bytes, **headers: str) -> httpx.Response:
    """The answer to a batch."""
    return caller.post(PROJECTS, content=data, headers={**JSON, **headers})


def send(caller: httpx.Client, name: str, content: bytes, digest: str | None = None) -> httpx.Response:
    """The answer to a file."""
    path = f"{PROJECTS}{name}/files/{digest or sha256(content).hexdigest()}"
    return caller.put(path, content=content, headers=BYTES)


def upload(caller: httpx.Client, name: str, data: bytes, **headers: str) -> httpx.Response:
    """The answer to metadata, once clients see it."""
    return caller.post(f"{PROJECTS}{name}/metadata", content=data, params=WAIT, headers={**JSON, **headers})


def rule_of(response: httpx.Response) -> tuple[int, str]:
    """The status, and the rule that said no."""
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["rule"]


def test_from_keys_to_a_release_that_clients_download(server: ApiServer, caller: httpx.Client) -> None:
    """Registered, its file sent, its metadata uploaded; the task is through when the real client has it."""
    registered = register(caller, batch("demo", "new"))
    sent = send(caller, "demo", b"content")
    uploaded = upload(caller, "demo", metadata("demo", 1, {DEMO: b"content"}, now=server.now))

    assert registered.status_code == 202
    assert sent.status_code == 202
    assert sent.json()["data"] == {"sha256": sha256(b"content").hexdigest(), "length": 7}
    assert uploaded.status_code == 200
    assert uploaded.json()["data"]["state"] == "SUCCESS"
    assert server.signer.follow(DEMO) == {DEMO: b"content"}
    task = caller.get(uploaded.headers["location"]).json()["data"]
    assert task["result"]["details"] == {"update": "demo, version 1"}
    assert not [each for each in server.signer.home.arrivals.rglob("*") if each.is_file()]
    states = {each["name"]: each for each in caller.get(PROJECTS).json()["data"]}
    assert (states["demo"]["delegated"], states["demo"]["version"], states["demo"]["trouble"]) == (True, 1, "")
    assert (states["new"]["delegated"], states["new"]["role"]) == (False, "recently-claimed")


def test_what_was_registered_is_told_and_through_at_once(caller: httpx.Client) -> None:
    """Clients are sent to a project from its first upload on: there is nothing to wait for."""
    first, second = (register(caller, batch("demo")) for _ in range(2))

    details = [
        caller.get(each.headers["location"]).json()["data"]["result"]["details"]["update"] for each in (first, second)
    ]
    assert details == [
        "registered in recently-claimed: demo",
        "registered in recently-claimed: none that was not before",
    ]


def test_files_that_are_there_need_not_come_again(server: ApiServer, caller: httpx.Client) -> None:
    """With the next version only what is new is sent."""
    register(caller, batch("demo"))
    send(caller, "demo", b"one")
    assert upload(caller, "demo", metadata("demo", 1, {DEMO: b"one"}, now=server.now)).status_code == 200
    more = {DEMO: b"one", "files/demo/two": b"two"}
    send(caller, "demo", b"two")

    assert upload(caller, "demo", metadata("demo", 2, more, now=server.now)).status_code == 200

    assert server.signer.follow(*more) == more


def test_a_project_is_taken_away(server: ApiServer, caller: httpx.Client) -> None:
    """Its task is through when clients are sent there no more; what was never there cannot go."""
    register(caller, batch("demo"))
    send(caller, "demo", b"content")
    upload(caller, "demo", metadata("demo", 1, {DEMO: b"content"}, now=server.now))

    gone = caller.delete(f"{PROJECTS}demo", params=WAIT)
    missing = caller.delete(f"{PROJECTS}missing")

    assert (gone.status_code, gone.json()["data"]["state"]) == (200, "SUCCESS")
    assert registrations(server.signer.store) == ()
    assert caller.get(PROJECTS).json()["data"] == []
    assert rule_of(missing) == (404, "REGISTER-PRESENT")


def test_metadata_is_judged_by_the_six_rules(server: ApiServer, caller: httpx.Client) -> None:
    """Each refusal is a problem document, and nothing waits for the writer."""
    register(caller, batch("demo", "other"))
    send(caller, "demo", b"content")
    files = {DEMO: b"content"}
    now = server.now
    bad = {
        "UPLOAD-SIGNED": metadata("demo", 1, files, "stranger", now=now),
        "UPLOAD-NEXT": metadata("demo", 3, files, now=now),
        "UPLOAD-FRESH": metadata("demo", 1, files, now=now.replace(year=now.year - 1)),
        "UPLOAD-PATHS": metadata("demo", 1, {"files/other/x": b"content"}, now=now),
        "UPLOAD-FILES": metadata("demo", 1, {DEMO: b"never sent"}, now=now),
        "UPLOAD-ALONE": metadata("demo", 1, files, now=now, delegations=delegate_projects(None, (project("other"),))),
    }
    for rule, data in bad.items():
        assert rule_of(upload(caller, "demo", data)) == (422, rule)
    assert rule_of(upload(caller, "unknown", metadata("unknown", 1, {}, now=now))) == (422, "UPLOAD-CLAIMED")
    assert rule_of(upload(caller, "demo", b'{"signed": {}, "signatures": []}')) == (422, "BODY-SHAPE")

    assert waiting_uploads(server.signer.store) == ()
    assert upload(caller, "demo", metadata("demo", 1, files, now=now)).status_code == 200


def test_a_batch_is_judged_as_on_the_command_line(server: ApiServer, caller: httpx.Client) -> None:
    """All of it or nothing."""
    fields = json.loads(batch("demo"))
    fields["projects"][0]["keys"][0]["proof"] = "ab" * 64
    forged = json.dumps(fields).encode()

    assert rule_of(register(caller, forged))[0] == 422
    assert rule_of(register(caller, batch("demo", repository="elsewhere"))) == (422, "REGISTER-REPOSITORY")
    assert rule_of(register(caller, b'{"format": 2, "projects": [], "repository": "x"}')) == (422, "BODY-SHAPE")
    assert rule_of(register(caller, b"{}")) == (422, "BODY-SHAPE")
    assert rule_of(caller.post(PROJECTS, content=batch("demo"), params={"role": "claimed"}, headers=JSON)) == (
        422,
        "REGISTER-ROLE",
    )
    assert registrations(server.signer.store) == ()


def test_a_file_is_what_its_path_says_or_nothing(server: ApiServer, caller: httpx.Client) -> None:
    """Other bytes, another name, an unknown project: nothing is left of them."""
    register(caller, batch("demo"))

    assert rule_of(send(caller, "demo", b"content", "ab" * 32)) == (422, "BODY-SHAPE")
    assert rule_of(send(caller, "demo", b"content", "AB" * 32)) == (422, "BODY-SHAPE")
    assert rule_of(send(caller, "unknown", b"content")) == (422, "UPLOAD-CLAIMED")
    assert rule_of(send(caller, "..", b"content"))[0] in (404, 422)
    assert rule_of(send(caller, "%2e%2e", b"content"))[0] in (404, 422)
    assert rule_of(caller.put(f"{PROJECTS}demo/files/{'ab' * 32}", content=b"x", headers=JSON)) == (415, "BODY-TYPE")

    assert not [each for each in server.signer.home.folder.rglob("*") if each.name.startswith(".coming")]
    assert not [*server.signer.home.arrivals.rglob("*/*")]


def test_files_have_limits(living: OnlineSigner, moment: datetime) -> None:
    """Of each, and of all that wait; what is given up is gone."""
    living.deliver(changed(living.bundle, Changing(delegations=(CLAIMED, RECENT), now=moment)), moment)
    limits = Limits(file_bytes=1_000_000, waiting_bytes=1_000)
    with (
        serving(living, moment, ApiSettings(listen=ANY_PORT, limits=limits)) as server,
        server.client(server.token()) as caller,
    ):
        register(caller, batch("demo"))
        assert rule_of(send(caller, "demo", b"x" * 1_000_001)) == (413, "BODY-SIZE")
        path = f"{PROJECTS}demo/files/{'ab' * 32}"
        streamed = caller.put(path, content=iter([b"x" * 600_000, b"x" * 600_000]), headers=BYTES)
        assert rule_of(streamed) == (413, "BODY-SIZE")
        assert send(caller, "demo", b"x" * 1_000).status_code == 202
        full = send(caller, "demo", b"y")
        assert rule_of(full) == (503, "LOAD-LIMIT")

    assert [each.name for each in living.home.arrivals.rglob("*/*")] == [sha256(b"x" * 1_000).hexdigest()]


def test_what_waits_too_long_goes(server: ApiServer, caller: httpx.Client) -> None:
    """A day after it came, when the next file comes."""
    register(caller, batch("demo"))
    send(caller, "demo", b"old")
    arrivals = Arrivals(server.signer.home.arrivals, 1 << 20)
    assert len(arrivals.waiting("demo", [sha256(b"old").hexdigest()])) == 1

    arrivals.expect("demo", server.now + KEPT + KEPT).close()

    assert arrivals.waiting("demo", [sha256(b"old").hexdigest()]) == ()


def test_only_who_may_and_only_for_their_paths(server: ApiServer) -> None:
    """A scope of its own, and prefixes as everywhere: of registered paths, and of what metadata lists."""
    signed = metadata("demo", 1, {DEMO: b"content"}, now=server.now)
    with server.client(server.token("adder", frozenset({Scope.ADD, Scope.REMOVE}))) as adder:
        for response in (
            register(adder, batch("demo")),
            send(adder, "demo", b"content"),
            upload(adder, "demo", signed),
            adder.delete(f"{PROJECTS}demo"),
            adder.get(PROJECTS),
        ):
            assert rule_of(response) == (403, "TOKEN-SCOPE")
    with server.client(server.token("front", frozenset({Scope.PROJECT}), "files/demo/")) as front:
        assert rule_of(register(front, batch("other"))) == (403, "TOKEN-PREFIX")
        assert register(front, batch("demo")).status_code == 202
        send(front, "demo", b"content")
        assert upload(front, "demo", signed).status_code == 200
        assert rule_of(upload(front, "demo", metadata("demo", 2, {"files/new/x": b""}, now=server.now))) == (
            403,
            "TOKEN-PREFIX",
        )
    with server.client(server.token("elsewhere", frozenset({Scope.PROJECT}), "files/new/")) as elsewhere:
        assert rule_of(elsewhere.delete(f"{PROJECTS}demo")) == (403, "TOKEN-PREFIX")


def test_nobody_takes_over_a_project_beyond_their_paths(server: ApiServer, caller: httpx.Client) -> None:
    """With its name and paths of one's own: clients would be sent to the project no more."""
    register(caller, batch("demo"))
    taken = encode_claims(REPOSITORY, (project("demo", "stranger", paths=("files/stranger/*",)),))

    with server.client(server.token("stranger", frozenset({Scope.PROJECT}), "files/stranger/")) as stranger:
        assert rule_of(register(stranger, taken)) == (403, "TOKEN-PREFIX")

    assert [each.project.keys for each in registrations(server.signer.store)] == [project("demo").keys]


def test_asking_twice_under_one_key_is_one_task(server: ApiServer, caller: httpx.Client) -> None:
    """For all three; another request under the same key is refused."""
    keys = [{"Idempotency-Key": f"key-{number}"} for number in range(3)]
    data = metadata("demo", 1, {DEMO: b"content"}, now=server.now)

    registered = [register(caller, batch("demo"), **keys[0]) for _ in range(2)]
    send(caller, "demo", b"content")
    uploaded = [upload(caller, "demo", data, **keys[1]) for _ in range(2)]
    removed = [caller.delete(f"{PROJECTS}demo", params=WAIT, headers=keys[2]) for _ in range(2)]

    for answers in (registered, uploaded, removed):
        assert len({each.json()["data"]["task_id"] for each in answers}) == 1
        assert [each.headers.get("idempotency-replayed") for each in answers] == [None, "true"]
    assert rule_of(register(caller, batch("new"), **keys[0])) == (422, "KEY-SAME")
    again = upload(caller, "demo", metadata("demo", 2, {}, now=server.now), **keys[1])
    assert rule_of(again) == (422, "KEY-SAME")
    elsewhere = caller.post(
        PROJECTS, content=batch("demo"), params={"role": "recently-claimed"}, headers={**JSON, **keys[0]}
    )
    assert rule_of(elsewhere) == (422, "KEY-SAME")


def test_an_upload_that_is_overtaken_is_told_as_refused(living: OnlineSigner, moment: datetime) -> None:
    """The project went before the writer came to it: the task says so, and why."""
    living.deliver(changed(living.bundle, Changing(delegations=(CLAIMED, RECENT), now=moment)), moment)
    gate = threading.Event()
    with serving(living, moment, publishes=gate.is_set) as server, server.client(server.token()) as caller:
        register(caller, batch("demo"))
        send(caller, "demo", b"content")
        path = f"{PROJECTS}demo/metadata"
        accepted = caller.post(path, content=metadata("demo", 1, {DEMO: b"content"}, now=moment), headers=JSON)
        assert accepted.status_code == 202
        assert caller.get(accepted.headers["location"]).json()["data"]["state"] == "PENDING"
        caller.delete(f"{PROJECTS}demo")
        gate.set()
        gone = caller.delete(f"{PROJECTS}demo", params=WAIT)
        task = caller.get(accepted.headers["location"]).json()["data"]

    assert gone.status_code == 200
    assert task["state"] == "ERRORED"
    assert task["result"]["message"] == "The metadata was refused"
    assert "UPLOAD-CLAIMED" in task["result"]["error"]
