"""Health, readiness and figures: for load balancers and monitors, without a token but for the figures."""

from datetime import datetime, timedelta

import httpx
import pytest
from fakes.api_server import ApiServer, artifact, serving
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.online.web.lookout import StatusWatch, readiness


def test_a_signer_to_which_nothing_was_delivered_lives_and_is_not_ready(signer: OnlineSigner, moment: datetime) -> None:
    """A load balancer waits; a supervisor does not restart it; callers are told what is missing."""
    with serving(signer, moment) as server, server.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["reasons"] == ["nothing was delivered yet"]
        headers = {"Authorization": f"Bearer {server.token()}"}
        bootstrap = client.get("/api/v1/bootstrap/", headers=headers).json()
        assert bootstrap == {"data": {"bootstrap": False}, "message": "System available for bootstrap."}
        for method, path, body in (
            ("GET", "/api/v1/config/", None),
            ("POST", "/api/v1/artifacts/", {"artifacts": [artifact("demo")]}),
            ("POST", "/api/v1/metadata/online", {"roles": []}),
            ("POST", "/api/v1/metadata/", {"metadata": {"root": {}}}),
        ):
            refused = client.request(method, path, json=body, headers=headers)
            assert (refused.status_code, refused.json()["rule"]) == (404, "DELIVERED-FIRST"), path


def test_every_role_is_told_with_the_seconds_to_its_end(server: ApiServer) -> None:
    """Offline ones too."""
    with server.client() as client:
        ready = client.get("/readyz")

    assert ready.status_code == 200
    roles = ready.json()["roles"]
    assert roles.keys() == {"root", "targets", "bins", "bin-n", "snapshot", "timestamp"}
    assert all(each["seconds_left"] > 0 for each in roles.values())


def test_what_has_expired_is_named(signer: OnlineSigner) -> None:
    """First what lives shortest."""
    signer.deliver()

    assert readiness(signer.store, NOW).ready
    late = readiness(signer.store, NOW + timedelta(days=2))
    assert not late.ready
    assert late.reasons == ["snapshot has expired", "timestamp has expired"]


def test_asking_often_costs_the_signer_little(signer: OnlineSigner) -> None:
    """It looks once a second, whoever asks."""
    seconds = [0.0]
    clock = [NOW]
    watch = StatusWatch(signer.store, lambda: clock[0], lambda: seconds[0])
    assert not watch.readiness().ready

    signer.deliver()

    assert not watch.readiness().ready
    seconds[0] = 1.5
    assert watch.readiness().ready


def test_figures_are_for_readers(server: ApiServer, caller: httpx.Client) -> None:
    """In the text format of Prometheus."""
    with server.client() as stranger:
        assert stranger.get("/metrics").status_code == 401

    found = caller.get("/metrics")

    assert found.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "\nceremony_ready 1.0\n" in found.text
    assert 'ceremony_role_expires_seconds{role="root"}' in found.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_signer_in_trouble_says_so_and_not_where_its_things_are(server: ApiServer, caller: httpx.Client) -> None:
    """A database that is gone for a while: 503, and no path of the signer's."""
    path = server.signer.home.database
    server.signer.store.close()
    files = sorted(path.parent.glob("signer.db*"))
    for each in files:
        each.rename(each.with_name(f"aside-{each.name}"))
    path.mkdir()
    try:
        answer = caller.post("/api/v1/artifacts/", json={"artifacts": [artifact("demo")]})
    finally:
        path.rmdir()
        for each in files:
            each.with_name(f"aside-{each.name}").rename(each)

    assert answer.status_code in (500, 503)
    assert answer.headers["content-type"] == "application/problem+json"
    assert str(path.parent) not in answer.text
    assert caller.post("/api/v1/artifacts/", json={"artifacts": [artifact("demo")]}).status_code == 202
