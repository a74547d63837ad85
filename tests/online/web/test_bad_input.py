"""Whatever is wrong with a request: a problem document that says so, and nothing changed."""

import json
from typing import Any

import httpx
import pytest
from fakes.api_server import ApiServer, artifact

ADD = "/api/v1/artifacts/"
DELETE = "/api/v1/artifacts/delete"
TYPE = {"Content-Type": "application/json"}


def one(path: object = "demo", **info: object) -> bytes:
    """A body with one artifact, whose info is changed so."""
    usual: dict[str, object] = {"length": 7, "hashes": {"sha256": "ab" * 32}}
    return json.dumps({"artifacts": [{"path": path, "info": {**usual, **info}}]}).encode()


BAD = {
    "a path that leaves its folder": (one("../../etc/passwd"), 422, "PATH-RELATIVE"),
    "a path with a step up inside": (one("a/../b"), 422, "PATH-RELATIVE"),
    "an absolute path": (one("/etc/passwd"), 422, "PATH-RELATIVE"),
    "an empty path": (one(""), 422, "PATH-PRESENT"),
    "a path with an empty segment": (one("a//b"), 422, "PATH-RELATIVE"),
    "an overlong path": (one("/".join(["a" * 100] * 11)), 422, "PATH-LENGTH"),
    "an overlong name": (one("a" * 200), 422, "PATH-LENGTH"),
    "a path that is not normalised": (one("cafe\u0301"), 422, "PATH-NORMAL"),
    "a path with a control character": (one("a\x00b"), 422, "PATH-PLAIN"),
    "a path with DEL": (one("a\x7fb"), 422, "PATH-PLAIN"),
    "a path with a quote": (one('a"b'), 422, "PATH-PLAIN"),
    "a path with a backslash": (one("a\\b"), 422, "PATH-PLAIN"),
    "a path with half a surrogate pair": (one("X").replace(b'"X"', rb'"\ud800"'), 400, "BODY-STRICT"),
    "a path with a query": (one("a?b"), 422, "PATH-URL"),
    "a path that is a number": (one(7), 422, "BODY-SHAPE"),
    "a hash that is too short": (one(hashes={"sha256": "ab" * 31}), 422, "HASH-FORM"),
    "a hash that is too long": (one(hashes={"sha512": "ab" * 65}), 422, "HASH-FORM"),
    "a hash that is no hex": (one(hashes={"sha256": "zz" * 32}), 422, "HASH-FORM"),
    "half a byte of an unknown hash": (one(hashes={"tiger": "abc"}), 422, "HASH-FORM"),
    "an unknown hash of 129 bytes": (one(hashes={"tiger": "ab" * 129}), 422, "HASH-FORM"),
    "an unknown hash of none": (one(hashes={"tiger": ""}), 422, "HASH-FORM"),
    "a hash without a name": (one(hashes={"": "ab" * 32}), 422, "HASH-FORM"),
    "no hash at all": (one(hashes={}), 422, "HASHES-PRESENT"),
    "hashes in a list": (one(hashes=["ab" * 32]), 422, "BODY-SHAPE"),
    "a weak hash alone": (one(hashes={"md5": "ab" * 16}), 422, "HASH-STRONG"),
    "a negative length": (one(length=-1), 422, "LENGTH-WHOLE"),
    "a negative length in digits": (one(length="-1"), 422, "LENGTH-WHOLE"),
    "a huge length": (one(length=1 << 53), 422, "LENGTH-WHOLE"),
    "a length beyond 64 bits": (one(length=1 << 70), 422, None),
    "a length of thousands of digits": (one(length="X").replace(b'"X"', b"9" * 5000), 400, "BODY-STRICT"),
    "a huge length in digits": (one(length="9" * 17), 422, "LENGTH-WHOLE"),
    "digits of another script": (one(length="\u0667"), 422, "LENGTH-WHOLE"),
    "a fractional length": (one(length=1.5), 400, "BODY-STRICT"),
    "a length that is a fraction by its form": (one(length="X").replace(b'"X"', b"7.0"), 400, "BODY-STRICT"),
    "a length with an exponent": (one(length="X").replace(b'"X"', b"7e3"), 400, "BODY-STRICT"),
    "no number at all": (one(length="X").replace(b'"X"', b"NaN"), 400, "BODY-STRICT"),
    "a length that is true": (one(length=True), 422, "BODY-SHAPE"),
    "a length that is missing": (b'{"artifacts":[{"path":"a","info":{"hashes":{}}}]}', 422, "BODY-SHAPE"),
    "a fraction in custom": (one(custom={"a": [1.5]}), 400, "BODY-STRICT"),
    "a control character in custom": (one(custom={"a": "\n"}), 422, "CUSTOM-PLAIN"),
    "a name in custom that is not normalised": (one(custom={"e\u0301": 1}), 422, "CUSTOM-PLAIN"),
    "a number in custom that JavaScript changes": (one(custom={"a": 1 << 60}), 422, "CUSTOM-PLAIN"),
    "a custom that is too deep": (one(custom={"a": [[[[[[[[1]]]]]]]]}), 422, "CUSTOM-PLAIN"),
    "a custom that is too large": (one(custom={"a": "x" * 9000}), 422, "CUSTOM-PLAIN"),
    "a custom that is a text": (one(custom="text"), 422, "BODY-SHAPE"),
    "a duplicate key": (b'{"artifacts":[],"artifacts":[]}', 400, "BODY-STRICT"),
    "a duplicate key deep inside": (one("X").replace(b'"length": 7', b'"length": 7, "length": 8'), 400, "BODY-STRICT"),
    "a duplicate key, written with an escape": (
        one().replace(b'"length": 7', rb'"length": 7, "l\u0065ngth": 8'),
        400,
        "BODY-STRICT",
    ),
    "brackets without an end": (b"[" * 100_000, 400, "BODY-STRICT"),
    "no JSON": (b"artifacts=1", 400, "BODY-STRICT"),
    "nothing": (b"", 400, "BODY-STRICT"),
    "bytes that are no UTF-8": (one("X").replace(b"X", b"\xff\xfe"), 400, "BODY-STRICT"),
    "two values": (one() + one(), 400, "BODY-STRICT"),
    "a list": (b"[]", 422, "BODY-SHAPE"),
    "a flag that is a text": (
        one().replace(b'{"artifacts"', b'{"publish_artifacts":"no","artifacts"'),
        422,
        "BODY-SHAPE",
    ),
}


def judge(response: httpx.Response, status: int, rule: str | None) -> dict[str, Any]:
    """It is a problem document with all that one has to have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "advice", "rule"} <= problem.keys()
    assert rule in (problem["rule"], None)
    return problem


def test_a_bad_request_is_told_why_and_changes_nothing(server: ApiServer, caller: httpx.Client) -> None:
    """Every row of the table, at one signer."""
    before = server.signer.shelved()
    for name, (body, status, rule) in BAD.items():
        response = caller.post(ADD, content=body, headers=TYPE)
        try:
            judge(response, status, rule)
        except AssertionError as error:
            raise AssertionError(name) from error
    assert server.signer.targets() == {}
    assert server.signer.shelved() == before


def test_a_problem_says_where(caller: httpx.Client) -> None:
    """By a pointer into what was sent."""
    body = {"artifacts": [artifact("good"), artifact("bad//path")]}

    problem = judge(caller.post(ADD, json=body), 422, "PATH-RELATIVE")

    assert problem["pointer"] == "/artifacts/1"
    assert problem["wanted"] == "a relative path of named segments"


def test_all_of_a_request_is_taken_or_nothing(server: ApiServer, caller: httpx.Client) -> None:
    """One bad path among good ones."""
    body = {"artifacts": [artifact("good"), artifact("../bad")]}

    judge(caller.post(ADD, json=body), 422, "PATH-RELATIVE")

    assert caller.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("other")]}).status_code == 200
    assert server.signer.targets().keys() == {"other"}


def test_adds_that_contradict_one_another_are_refused(server: ApiServer, caller: httpx.Client) -> None:
    """One path, two contents."""
    body = {"artifacts": [artifact("demo", b"one"), artifact("demo", b"two")]}

    judge(caller.post(ADD, json=body), 422, "PATH-ONCE")

    assert server.signer.targets() == {}


def test_a_removal_of_what_is_not_there_is_refused(server: ApiServer, caller: httpx.Client) -> None:
    """Together with what is."""
    caller.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("demo")]})

    judge(caller.post(DELETE, json={"artifacts": ["demo", "missing"]}), 404, "TARGET-PRESENT")
    judge(caller.post(DELETE, json={"artifacts": ["missing"], "publish_artifacts": False}), 404, "TARGET-PRESENT")
    judge(caller.post(DELETE, json={"artifacts": []}), 422, "BODY-SHAPE")

    assert server.signer.targets().keys() == {"demo"}


@pytest.mark.parametrize(
    ("method", "path", "status", "rule"),
    [
        ("GET", "/api/v1/nothing", 404, "ROUTE-KNOWN"),
        ("GET", "/api/v1/artifacts//", 404, "ROUTE-KNOWN"),
        ("GET", "/api/v1/task/?task_id=unknown", 404, "TASK-KNOWN"),
        ("GET", "/api/v1/task/", 404, "TASK-KNOWN"),
        ("GET", "/api/v1/artifacts/", 405, "METHOD-ALLOWED"),
        ("POST", "/api/v1/bootstrap/", 405, "METHOD-ALLOWED"),
        ("TRACE", "/healthz", 405, "METHOD-ALLOWED"),
        ("POST", "/metadata/timestamp.json", 405, "METHOD-ALLOWED"),
    ],
)
def test_a_path_or_method_that_is_not_there(
    caller: httpx.Client, method: str, path: str, status: int, rule: str
) -> None:
    """A problem document too, and for a method those that there are."""
    response = caller.request(method, path)

    judge(response, status, rule)
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    ("headers", "status", "rule"),
    [
        ({"Content-Type": "text/plain"}, 415, "BODY-TYPE"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "BODY-TYPE"),
        ({}, 415, "BODY-TYPE"),
        ({**TYPE, "Content-Encoding": "gzip"}, 415, "BODY-TYPE"),
        ({**TYPE, "Idempotency-Key": ""}, 400, "KEY-PLAIN"),
        ({**TYPE, "Idempotency-Key": "x" * 256}, 400, "KEY-PLAIN"),
        ({**TYPE, "Idempotency-Key": "one two"}, 400, "KEY-PLAIN"),
        ({**TYPE, "Idempotency-Key": "one\ttwo"}, 400, "KEY-PLAIN"),
    ],
)
def test_a_header_that_is_wrong(caller: httpx.Client, headers: dict[str, str], status: int, rule: str) -> None:
    """Nothing is guessed."""
    judge(caller.post(ADD, content=one(), headers=headers), status, rule)


def test_a_wish_to_wait_that_is_unclear_is_refused_before_anything_is_done(
    server: ApiServer, caller: httpx.Client
) -> None:
    """Not after it was acknowledged."""
    judge(caller.post(ADD, params={"wait": "maybe"}, content=one(), headers=TYPE), 422, "BODY-SHAPE")

    caller.post(ADD, params={"wait": "true"}, json={"artifacts": [artifact("other")]})
    assert server.signer.targets().keys() == {"other"}
