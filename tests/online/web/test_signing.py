"""Offline metadata gathers its keyholders' signatures over the API, one by one, and is delivered when it has them."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fakes.api_server import ApiServer
from fakes.release import DEVICE_KEYS, STRANGER_KEYS, Then, following
from securesystemslib.signer import CryptoSigner

from ceremony.core.metadata_file import MetadataFile

OFFER = "/api/v1/metadata/"
SIGN = "/api/v1/metadata/sign"
WITHDRAW = "/api/v1/metadata/sign/delete"


@pytest.fixture
def root(server: ApiServer, moment: datetime) -> MetadataFile:
    """The root that follows, without a signature."""
    release = following(server.signer.bundle, Then(("root",), now=moment + timedelta(hours=1)))
    return MetadataFile("root", release.files[0].version, release.files[0].payload)


def offered(file: MetadataFile) -> dict[str, Any]:
    """What offers it."""
    return {"metadata": {file.role: json.loads(file.encode())}}


def signature(file: MetadataFile, signer: CryptoSigner) -> dict[str, Any]:
    """What `rstuf admin metadata sign` sends."""
    made = signer.sign(file.payload)
    return {"role": file.role, "signature": {"keyid": made.keyid, "sig": made.signature}}


def done(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """The task of this answer, which is through."""
    assert answer.status_code in (200, 202), answer.text
    found: dict[str, Any] = client.get("/api/v1/task/", params={"task_id": answer.json()["data"]["task_id"]}).json()[
        "data"
    ]
    assert found["state"] == "SUCCESS", found
    return found


def test_signatures_are_gathered_until_there_are_enough(
    server: ApiServer, caller: httpx.Client, root: MetadataFile
) -> None:
    """Offered, shown, signed by two; then it is published, and the real client walks to it."""
    answer = caller.post(OFFER, json=offered(root))
    assert answer.json()["message"] == "Metadata update accepted."
    shown = caller.get(SIGN).json()
    assert shown["message"] == "Metadata role(s) pending signing"
    assert shown["data"]["metadata"]["root"]["signed"]["version"] == 2
    assert shown["data"]["metadata"]["trusted_root"]["signed"]["version"] == 1

    first = caller.post(SIGN, json=signature(root, DEVICE_KEYS["ann"]))
    assert first.json()["message"] == "Metadata sign accepted."
    assert "root under root 1: 1 of 2" in done(caller, first)["result"]["details"]["update"]
    last = caller.post(SIGN, params={"wait": "true"}, json=signature(root, DEVICE_KEYS["bob"]))

    assert (last.status_code, last.json()["data"]["state"]) == (200, "SUCCESS")
    done(caller, last)
    assert "2.root.json" in server.signer.shelved()
    assert caller.get(SIGN).json() == {"message": "No metadata pending signing available"}
    server.signer.follow()


def test_a_signature_that_does_not_count_is_refused(caller: httpx.Client, root: MetadataFile) -> None:
    """A stranger's, one over other bytes, one that is no hex, one for a role that waits for nothing."""
    caller.post(OFFER, json=offered(root))
    good = signature(root, DEVICE_KEYS["ann"])
    other = MetadataFile("root", 2, root.payload + b" ")
    for wrong in (
        signature(root, STRANGER_KEYS["ann"]),
        signature(other, DEVICE_KEYS["ann"]),
        {"role": "root", "signature": {**good["signature"], "sig": "no hex"}},
        {"role": "root", "signature": {**good["signature"], "sig": ""}},
    ):
        answer = caller.post(SIGN, json=wrong)
        assert (answer.status_code, answer.json()["rule"]) == (422, "OFFER-SIGNED")
    absent = caller.post(SIGN, json={**good, "role": "targets"})
    assert (absent.status_code, absent.json()["rule"]) == (404, "OFFER-PRESENT")
    assert caller.get(SIGN).json()["data"]["metadata"]["root"]["signatures"] == []


def test_signatures_that_come_with_an_offer_count_if_they_do(caller: httpx.Client, root: MetadataFile) -> None:
    """Those of strangers are left out."""
    file = root
    for signer in (DEVICE_KEYS["ann"], STRANGER_KEYS["bob"]):
        file = file.with_signature(signer.sign(root.payload))

    caller.post(OFFER, json=offered(file))

    kept = caller.get(SIGN).json()["data"]["metadata"]["root"]["signatures"]
    assert [each["keyid"] for each in kept] == [DEVICE_KEYS["ann"].sign(b"").keyid]


def test_an_offer_is_one_at_a_time_and_can_be_taken_back(caller: httpx.Client, root: MetadataFile) -> None:
    """Nothing is replaced under the hands of those who sign."""
    caller.post(OFFER, json=offered(root))
    again = caller.post(OFFER, json=offered(root))
    assert (again.status_code, again.json()["rule"]) == (409, "OFFER-ONCE")

    taken_back = caller.post(WITHDRAW, json={"role": "root"})
    assert taken_back.json()["message"] == "Metadata sign delete accepted."
    done(caller, taken_back)
    absent = caller.post(WITHDRAW, json={"role": "root"})
    assert (absent.status_code, absent.json()["rule"]) == (404, "OFFER-PRESENT")
    assert caller.post(OFFER, json=offered(root)).status_code == 202


def test_what_does_not_follow_is_not_offered(server: ApiServer, caller: httpx.Client, root: MetadataFile) -> None:
    """The trusted version itself, a role of the signer's own, no metadata at all."""
    trusted = server.signer.store.trusted_roots()[0]
    same = offered(root)
    for metadata in (
        offered(trusted)["metadata"],
        {"snapshot": same["metadata"]["root"]},
        {"targets": same["metadata"]["root"]},
        {"root": {}},
        {"root": {"signed": {"version": 2}, "signatures": []}},
        {"root": {"signed": [], "signatures": []}},
        {},
    ):
        answer = caller.post(OFFER, json={"metadata": metadata})
        assert (answer.status_code, answer.json()["rule"]) == (422, "OFFER-FITS"), metadata
    assert caller.get(SIGN).json() == {"message": "No metadata pending signing available"}


def test_many_signatures_at_once_are_taken_one_by_one(
    server: ApiServer, caller: httpx.Client, root: MetadataFile
) -> None:
    """More of them than the signer has connections to its database."""
    caller.post(OFFER, json=offered(root))
    body = signature(root, DEVICE_KEYS["ann"])

    with ThreadPoolExecutor(40) as pool:
        answers = [*pool.map(lambda _: caller.post(SIGN, json=body).status_code, range(40))]

    assert answers == [202] * 40
    assert server.crashes == []


def test_a_signature_that_is_sent_twice_is_one(caller: httpx.Client, root: MetadataFile) -> None:
    """By its key, or as it is."""
    caller.post(OFFER, json=offered(root))
    headers = {"Idempotency-Key": "sign"}
    body = signature(root, DEVICE_KEYS["ann"])

    answers = [caller.post(SIGN, json=body, headers=headers) for _ in range(2)]
    answers.append(caller.post(SIGN, json=body))

    assert len({each.json()["data"]["task_id"] for each in answers}) == 2
    assert len(caller.get(SIGN).json()["data"]["metadata"]["root"]["signatures"]) == 1
