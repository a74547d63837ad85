"""A stream of targets, one on each line."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
from fakes.api_server import ANY_PORT, ApiServer, artifact, serving
from fakes.online_signer import OnlineSigner

from ceremony.online.access import Scope
from ceremony.online.web.settings import ApiSettings, Limits

BULK = "/api/v1/artifacts/bulk"
TYPE = {"Content-Type": "application/x-ndjson"}


def stream(client: httpx.Client, content: object, **params: str) -> tuple[int, list[dict[str, Any]]]:
    """The status and the lines of the answer."""
    response = client.post(BULK, content=content, headers=TYPE, params=params)  # type: ignore[arg-type]
    return response.status_code, [json.loads(line) for line in response.text.splitlines()]


def lines(count: int, start: int = 0) -> Iterator[bytes]:
    """So many artifacts."""
    for number in range(start, start + count):
        yield json.dumps(artifact(f"bulk/{number}")).encode() + b"\n"


def test_a_stream_becomes_one_task(server: ApiServer, caller: httpx.Client) -> None:
    """Over many batches, in pieces that end in the middle of lines, the last line without its end."""
    whole = b"".join(lines(2_500))[:-1]
    pieces = (whole[at : at + 777] for at in range(0, len(whole), 777))

    status, answer = stream(caller, pieces, wait="true")

    assert status == 200
    assert answer[-1]["accepted"] == 2_500
    assert (answer[-1]["refused"], answer[-1]["state"]) == (0, "SUCCESS")
    assert len(server.signer.targets()) == 2_500
    task = caller.get("/api/v1/task/", params={"task_id": answer[-1]["task_id"]}).json()["data"]
    assert task["result"]["details"]["artifacts_count"] == 2_500


def test_a_line_that_is_refused_stops_no_other(server: ApiServer, caller: httpx.Client) -> None:
    """Each is told with its number and a problem document; empty lines are none."""
    content = [
        *lines(1),
        b"\n",
        b"no json\n",
        json.dumps(artifact("../bad")).encode() + b"\n",
        json.dumps(artifact("bulk/0", b"other content")).encode() + b"\n",
        *lines(1, start=1),
    ]

    status, answer = stream(caller, iter(content), wait="true")

    assert status == 200
    assert [(each["line"], each["problem"]["rule"]) for each in answer[:-1]] == [
        (3, "BODY-STRICT"),
        (4, "PATH-RELATIVE"),
    ]
    assert (answer[-1]["accepted"], answer[-1]["refused"]) == (3, 2)
    assert server.signer.targets()["bulk/0"]["length"] == len(b"other content")


def test_a_stream_of_nothing_good_is_a_refusal(caller: httpx.Client) -> None:
    """With a reason for each line."""
    status, answer = stream(caller, b"1\n2\n")

    assert status == 422
    assert answer[-1] == {"accepted": 0, "refused": 2}


def test_an_empty_stream_is_nothing(caller: httpx.Client) -> None:
    """No task, no refusal."""
    assert stream(caller, b"\n\n") == (202, [{"accepted": 0, "refused": 0}])


def test_sending_a_stream_again_is_harmless(server: ApiServer, caller: httpx.Client) -> None:
    """Whoever lost the connection in the middle does just that."""
    stream(caller, lines(10))

    status, answer = stream(caller, lines(20), wait="true")

    assert (status, answer[-1]["accepted"]) == (200, 20)
    assert len(server.signer.targets()) == 20


def test_a_stream_keeps_to_the_paths_of_its_caller(server: ApiServer) -> None:
    """Line by line."""
    token = server.token("ann", frozenset({Scope.ADD}), "demo/")
    with server.client(token) as client:
        status, answer = stream(client, b"".join([*lines(1), json.dumps(artifact("demo/x")).encode()]))

    assert status == 202
    assert answer[0]["problem"]["rule"] == "TOKEN-PREFIX"
    assert answer[-1]["accepted"] == 1


def test_limits_of_lines_and_of_the_whole(living: OnlineSigner, moment: datetime) -> None:
    """Both end the stream."""
    limits = Limits(line_bytes=500, bulk_bytes=20_000)
    settings = ApiSettings(listen=ANY_PORT, limits=limits)
    with serving(living, moment, settings) as server, server.client(server.token()) as client:
        long = client.post(BULK, content=b" " * 501, headers=TYPE)
        large = client.post(BULK, content=lines(500), headers=TYPE)
        other = client.post(BULK, content=b"{}", headers={"Content-Type": "application/json"})

    assert (long.status_code, long.json()["rule"]) == (413, "LINE-LONG")
    assert (large.status_code, large.json()["rule"]) == (413, "BODY-SIZE")
    assert (other.status_code, other.json()["rule"]) == (415, "BODY-TYPE")


def test_a_stream_that_breaks_tells_what_it_has_become(living: OnlineSigner, moment: datetime) -> None:
    """What came before is durable and has a task; it is not said that nothing was changed."""
    settings = ApiSettings(listen=ANY_PORT, limits=Limits(line_bytes=500))
    with serving(living, moment, settings) as server, server.client(server.token()) as client:
        broken = client.post(BULK, content=b"".join([*lines(6_000), b" " * 501, b"\n"]), headers=TYPE)

        assert (broken.status_code, broken.json()["rule"]) == (413, "LINE-LONG")
        said = re.fullmatch(r"([1-5]000) targets of the lines before are the task (\w+)\. .*", broken.json()["advice"])
        assert said is not None, broken.text
        stream(client, lines(1, start=9_000), wait="true")
        task = client.get("/api/v1/task/", params={"task_id": said[2]}).json()["data"]

    assert (task["state"], task["result"]["details"]["artifacts_count"]) == ("SUCCESS", int(said[1]))
