"""A client of Repository Service for TUF, written from its OpenAPI description, works as it does there."""

import time
from datetime import datetime
from hashlib import blake2b
from typing import Any

import httpx
import pytest
from fakes.api_server import ApiServer

ADD = "api/v1/artifacts/"
DELETE = "api/v1/artifacts/delete"
PUBLISH = "api/v1/artifacts/publish/"
TASK = "api/v1/task/?task_id="


class RstufClient:
    """Sends what its command line sends, and polls as that does."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def send(self, url: str, payload: object, expected_message: str) -> str:
        """The task's id, out of the one answer that the command line takes."""
        response = self.client.post(url, json=payload)
        assert response.status_code == 202, response.text
        body = response.json()
        assert body["message"] == expected_message
        assert datetime.fromisoformat(body["data"]["last_update"])
        task_id: str = body["data"]["task_id"]
        return task_id

    def follow(self, task_id: str) -> dict[str, Any]:
        """The task once it has succeeded; any other end is a failure."""
        for _ in range(600):
            response = self.client.get(f"{TASK}{task_id}")
            assert response.status_code == 200, response.text
            data: dict[str, Any] = response.json()["data"]
            assert data["task_id"] == task_id
            if data["state"] == "SUCCESS":
                assert data["result"]["status"] is True
                return data
            assert data["state"] in ("PENDING", "STARTED")
            time.sleep(0.02)
        raise AssertionError(data)

    def add(self, path: str, content: bytes, **more: object) -> str:
        """What `rstuf artifact add` sends: one BLAKE2b-256, and no custom."""
        digest = blake2b(content, digest_size=32).hexdigest()
        info = {"length": len(content), "hashes": {"blake2b-256": digest}, "custom": None}
        payload = {
            "artifacts": [{"info": info, "path": path}],
            "add_task_id_to_custom": False,
            "publish_artifacts": True,
            **more,
        }
        skipped = "" if payload["publish_artifacts"] else " Publishing will be skipped."
        return self.send(ADD, payload, f"New Artifact(s) successfully submitted.{skipped}")


@pytest.fixture
def rstuf(caller: httpx.Client) -> RstufClient:
    """Such a client."""
    return RstufClient(caller)


def entries(server: ApiServer) -> dict[str, Any]:
    """The targets that the real client finds, by path."""
    return server.signer.targets()


def test_an_artifact_is_added_and_the_task_tells(rstuf: RstufClient, server: ApiServer) -> None:
    """SUCCESS means that the real client sees it."""
    task = rstuf.follow(rstuf.add("docs/demo.txt", b"content"))

    assert task["result"]["task"] == "add_artifacts"
    assert task["result"]["message"] == "Artifact(s) Added"
    assert task["result"]["details"]["added_artifacts"] == ["docs/demo.txt"]
    assert entries(server)["docs/demo.txt"]["length"] == 7


def test_an_artifact_is_deleted(rstuf: RstufClient, server: ApiServer) -> None:
    """And the task names it."""
    rstuf.follow(rstuf.add("demo", b"content"))

    task_id = rstuf.send(DELETE, {"artifacts": ["demo"]}, "Remove Artifact(s) successfully submitted.")

    assert rstuf.follow(task_id)["result"]["details"]["deleted_artifacts"] == ["demo"]
    assert entries(server) == {}


def test_what_is_not_to_be_published_waits_for_its_publication(rstuf: RstufClient, server: ApiServer) -> None:
    """Back-signing: durable at once, visible when somebody asks for it."""
    held = rstuf.add("held", b"content", publish_artifacts=False)
    rstuf.follow(rstuf.add("other", b"content"))
    assert entries(server).keys() == {"other"}
    assert rstuf.client.get(f"{TASK}{held}").json()["data"] == {"task_id": held, "state": "PENDING"}

    task_id = rstuf.send(PUBLISH, None, "Publish artifacts successfully submitted.")

    assert rstuf.follow(task_id)["result"]["task"] == "publish_artifacts"
    assert rstuf.follow(held)["result"]["details"]["added_artifacts"] == ["held"]
    assert entries(server).keys() == {"held", "other"}


def test_publishing_when_nothing_is_held_succeeds(rstuf: RstufClient) -> None:
    """There is nothing to wait for."""
    rstuf.follow(rstuf.send(PUBLISH, None, "Publish artifacts successfully submitted."))


def test_a_held_artifact_never_goes_back_over_a_later_one(rstuf: RstufClient, server: ApiServer) -> None:
    """What is asked later for a path stands, whoever publishes what when."""
    held = rstuf.add("demo", b"earlier!", publish_artifacts=False)
    rstuf.follow(rstuf.add("demo", b"later"))

    rstuf.follow(rstuf.send(PUBLISH, None, "Publish artifacts successfully submitted."))

    assert entries(server)["demo"]["length"] == 5
    rstuf.follow(held)


def test_the_task_is_named_in_custom_when_wanted(rstuf: RstufClient, server: ApiServer) -> None:
    """Under the name that its clients look for."""
    task_id = rstuf.add("demo", b"content", add_task_id_to_custom=True)
    rstuf.follow(task_id)

    assert entries(server)["demo"]["custom"] == {"added_by_task_id": task_id}


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_path_is_served_with_and_without_a_slash(rstuf: RstufClient, slash: str) -> None:
    """Its command line is not of one mind about slashes either."""
    for path in ("bootstrap", "config", "metadata/sign"):
        assert rstuf.client.get(f"api/v1/{path}{slash}").status_code == 200
    payload = {"artifacts": [{"path": "demo", "info": {"length": 1, "hashes": {"sha256": "00" * 32}}}]}
    assert rstuf.client.post(f"api/v1/artifacts{slash}", json=payload).status_code == 202
    assert rstuf.client.post(f"api/v1/artifacts/delete{slash}", json={"artifacts": ["demo"]}).status_code == 202
    assert rstuf.client.post(f"api/v1/artifacts/publish{slash}").status_code == 202


def test_what_its_example_sends_is_taken(rstuf: RstufClient, server: ApiServer) -> None:
    """Several algorithms, a custom object, digits for a length, an algorithm that nobody knows, fields of others."""
    some = [
        {"info": {"length": 11, "hashes": {"blake2b-256": "71" * 32}, "custom": {"key": "value"}}, "path": "file1"},
        {"info": {"length": "630", "hashes": {"sha256": "AA" * 32, "sha512": "05" * 64}}, "path": "file2"},
        {"info": {"length": 0, "hashes": {"tiger-192": "0a" * 24}}, "path": "file3", "extra": 1},
    ]

    rstuf.follow(rstuf.send(ADD, {"artifacts": some}, "New Artifact(s) successfully submitted."))

    found = entries(server)
    assert found["file1"]["custom"] == {"key": "value"}
    assert found["file2"] == {"length": 630, "hashes": {"sha256": "aa" * 32, "sha512": "05" * 64}}
    assert found["file3"]["hashes"] == {"tiger-192": "0a" * 24}


def test_bootstrap_and_config_are_told(rstuf: RstufClient, server: ApiServer) -> None:
    """In the words of its settings, so that its importer starts."""
    bootstrap = rstuf.client.get("api/v1/bootstrap/").json()
    config = rstuf.client.get("api/v1/config/").json()

    assert (bootstrap["data"]["bootstrap"], bootstrap["data"]["state"]) == (True, "finished")
    assert bootstrap["message"] == "System LOCKED for bootstrap."
    assert config["message"] == "Current Settings"
    data = config["data"]
    assert data["bootstrap"] == bootstrap["data"]["id"]
    assert data["targets_online_key"] is False
    assert data["number_of_delegated_bins"] == len(server.signer.store.bins())
    assert {
        f"{role}_{what}"
        for role in ("root", "targets", "snapshot", "timestamp", "bins")
        for what in ("expiration", "threshold", "num_keys")
    } <= data.keys()


def test_settings_that_hold_are_confirmed_and_others_are_the_keyholders_to_say(rstuf: RstufClient) -> None:
    """No token shortens or lengthens what keyholders signed."""
    days = rstuf.client.get("api/v1/config/").json()["data"]["snapshot_expiration"]

    same = rstuf.client.put("api/v1/config/", json={"settings": {"expiration": {"snapshot": days}}})
    other = rstuf.client.put("api/v1/config/", json={"settings": {"expiration": {"snapshot": days + 1}}})

    assert same.status_code == 202
    assert same.json()["message"] == "Settings successfully submitted."
    rstuf.follow(same.json()["data"]["task_id"])
    assert (other.status_code, other.json()["rule"]) == (409, "LIFETIMES-SIGNED")


def test_nothing_waits_for_signatures(rstuf: RstufClient) -> None:
    """As its command line is told."""
    found = rstuf.client.get("api/v1/metadata/sign/")

    assert found.json() == {"message": "No metadata pending signing available"}


def test_renewal_of_online_roles_is_asked_for_durably(rstuf: RstufClient) -> None:
    """Roles of keyholders are not among them."""
    asked = rstuf.client.post("api/v1/metadata/online", json={"roles": []})
    wrong = rstuf.client.post("api/v1/metadata/online", json={"roles": ["targets"]})

    assert (asked.status_code, asked.json()["message"]) == (202, "Force online metadata update accepted.")
    assert (wrong.status_code, wrong.json()["rule"]) == (404, "ROLES-ONLINE")
