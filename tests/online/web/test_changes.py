"""What is promised of a change: durable once acknowledged, visible once it is said to be, the same however often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest
from fakes.api_server import ANY_PORT, ApiServer, artifact, serving
from fakes.online_signer import OnlineSigner
from fakes.polling_client import wait_until

from ceremony.online.web.settings import ApiSettings, Limits

ADD = "/api/v1/artifacts/"
DELETE = "/api/v1/artifacts/delete"
TASK = "/api/v1/task/"


def state_of(client: httpx.Client, task_id: str) -> dict[str, Any]:
    """What the signer says of this task."""
    data: dict[str, Any] = client.get(TASK, params={"task_id": task_id}).json()["data"]
    return data


def test_whoever_waits_is_answered_when_clients_can_see_it(server: ApiServer, caller: httpx.Client) -> None:
    """With 200, and the state."""
    for number in range(5):
        path = f"demo-{number}"
        response = caller.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact(path)]})

        assert response.status_code == 200
        assert response.json()["data"]["state"] == "SUCCESS"
        assert path in server.signer.targets()


def test_whoever_has_waited_long_enough_gets_the_task(living: OnlineSigner, moment: datetime) -> None:
    """With 202; the change is durable, and is published when the writer is back."""
    gate = threading.Event()
    settings = ApiSettings(listen=ANY_PORT, limits=Limits(wait_seconds=1))
    with serving(living, moment, settings, gate.is_set) as server, server.client(server.token()) as client:
        response = client.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("demo")]})
        assert (response.status_code, response.json()["data"]["state"]) == (202, "PENDING")
        assert living.targets() == {}

        gate.set()
        client.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("other")]})

        wait_until(lambda: state_of(client, response.json()["data"]["task_id"])["state"] == "SUCCESS")
        wait_until(lambda: "other" in living.targets())
        assert living.targets().keys() == {"demo", "other"}


def test_a_task_survives_a_restart(living: OnlineSigner, moment: datetime) -> None:
    """A signer that stops before it has published goes on when it is back, and knows the task."""
    with serving(living, moment, publishes=lambda: False) as server:
        token = server.token()
        with server.client(token) as client:
            task_id = client.post(ADD, json={"artifacts": [artifact("demo")]}).json()["data"]["task_id"]
            assert state_of(client, task_id) == {"task_id": task_id, "state": "PENDING"}

    with serving(living, moment) as server, server.client(token) as client:
        client.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("other")]})
        assert state_of(client, task_id)["result"]["details"]["added_artifacts"] == ["demo"]


def test_a_repeated_request_is_the_same_task(caller: httpx.Client) -> None:
    """Also when both come at once; and what is in it counts, not how often it came."""
    body = {"artifacts": [artifact("demo")], "add_task_id_to_custom": True}
    headers = {"Idempotency-Key": "0b9e"}

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: caller.post(ADD, json=body, headers=headers), range(8))]

    assert {each.status_code for each in answers} == {202}
    assert len({each.json()["data"]["task_id"] for each in answers}) == 1
    assert sum(each.headers.get("idempotency-replayed") != "true" for each in answers) == 1


def test_a_key_is_for_one_request_of_one_caller(server: ApiServer, caller: httpx.Client) -> None:
    """Another body or another operation is refused; another caller has keys of their own."""
    headers = {"Idempotency-Key": "0b9e"}
    first = caller.post(ADD, json={"artifacts": [artifact("demo")]}, headers=headers)
    other = caller.post(ADD, json={"artifacts": [artifact("other")]}, headers=headers)
    elsewhere = caller.post(DELETE, json={"artifacts": ["demo"]}, headers=headers)
    with server.client(server.token("bob")) as bob:
        fresh = bob.post(ADD, json={"artifacts": [artifact("demo2")]}, headers=headers)

    assert (first.status_code, fresh.status_code) == (202, 202)
    assert [each.json()["rule"] for each in (other, elsewhere)] == ["KEY-SAME", "KEY-SAME"]
    assert [each.status_code for each in (other, elsewhere)] == [422, 422]


def test_the_same_change_without_a_key_is_harmless(caller: httpx.Client) -> None:
    """A second task, over the same change."""
    body = {"artifacts": [artifact("demo")]}

    tasks = [caller.post(ADD, params={"wait": "true"}, json=body).json()["data"] for _ in range(3)]

    assert [each["state"] for each in tasks] == ["SUCCESS"] * 3


def test_many_callers_at_once_and_every_acknowledged_change_is_seen(server: ApiServer) -> None:
    """64 of them; and the real client accepts what is published, from root 1."""
    token = server.token()
    each_adds = 10

    def call(number: int) -> list[int]:
        with server.client(token) as client:
            found = []
            for turn in range(each_adds):
                path = f"load/{number}/{turn}"
                response = client.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact(path)]})
                found.append(response.status_code)
            return found

    with ThreadPoolExecutor(64) as pool:
        statuses = [status for found in pool.map(call, range(64)) for status in found]

    assert statuses == [200] * 64 * each_adds
    assert len(server.signer.targets()) == 64 * each_adds
    server.signer.follow()


def test_one_thing_asked_for_ever_so_often_is_one(server: ApiServer, caller: httpx.Client) -> None:
    """A request as long as may be, and what it costs does not grow with the square of that."""
    body = {"artifacts": [artifact("demo")] * 2_000}
    added = caller.post(ADD, params={"wait": "true"}, json=body)
    assert (added.status_code, server.signer.targets().keys()) == (200, {"demo"})

    removed = caller.post(DELETE, params={"wait": "true"}, json={"artifacts": ["demo"] * 50_000})

    assert (removed.status_code, server.signer.targets()) == (200, {})


@pytest.mark.parametrize("count", [2_000])
def test_a_large_request_is_one_task(server: ApiServer, caller: httpx.Client, count: int) -> None:
    """And its paths are told up to a limit, its number exactly."""
    body = {"artifacts": [artifact(f"many/{number}") for number in range(count)]}

    data = caller.post(ADD, params={"wait": "true"}, json=body).json()["data"]

    details = state_of(caller, data["task_id"])["result"]["details"]
    assert details["artifacts_count"] == count
    assert len(details["added_artifacts"]) == 1_000
    assert len(server.signer.targets()) == count
