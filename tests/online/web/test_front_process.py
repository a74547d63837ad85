"""The API in a process of its own, as `serve` has it: callers notice nothing, and neither outlives the other."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fakes.api_server import ANY_PORT, ApiServer, artifact, serving
from fakes.online_signer import OnlineSigner
from fakes.polling_client import wait_until
from fakes.serving_program import ServingProgram

from ceremony.errors import SettingsError, StorageError
from ceremony.online.figures import Figures, read_store
from ceremony.online.web.beside import Surroundings, api_beside
from ceremony.online.web.settings import ApiSettings, Limits, Tls
from ceremony.online.web.waiting_front import waiting_front

ADD = "/api/v1/artifacts/"
DELETE = "/api/v1/artifacts/delete"
WAITING = {"wait": "true"}
FILE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SHORT = ApiSettings(listen=ANY_PORT, limits=Limits(wait_seconds=1))


@pytest.fixture
def apart(living: OnlineSigner, moment: datetime) -> Iterator[ApiServer]:
    """A signer whose API is a process of its own."""
    with serving(living, moment, is_apart=True) as found:
        yield found


def fronts(process: int | None = None) -> list[int]:
    """The processes that were started by this one, or by that, to answer callers."""
    tasks = [*Path(f"/proc/{process or os.getpid()}/task").iterdir()]
    children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    return [each for each in children if b"front_program" in Path(f"/proc/{each}/cmdline").read_bytes()]


def test_callers_notice_nothing(apart: ApiServer) -> None:
    """Whoever waits sees the change out; refusals, tasks, figures and readiness are as ever; published files too."""
    with apart.client(apart.token()) as caller:
        assert caller.post(ADD, params=WAITING, json={"artifacts": [artifact("demo")]}).status_code == 200
        assert caller.post(DELETE, params=WAITING, json={"artifacts": ["none"]}).json()["rule"] == "TARGET-PRESENT"
        going = caller.post(ADD, json={"artifacts": [artifact("other")]})
        task = {"task_id": going.json()["data"]["task_id"]}
        wait_until(lambda: caller.get("/api/v1/task/", params=task).json()["data"]["state"] == "SUCCESS")

        assert caller.get("/readyz").json()["ready"] is True
        assert b"ceremony_" in caller.get("/metrics").content
        assert caller.get("/metadata/timestamp.json").status_code == 200
        assert caller.get("/api/v1/artifacts/none").status_code == 404
    assert len(fronts()) == 1
    assert {*apart.signer.targets()} == {"demo", "other"}


def test_waiting_for_what_is_more_than_changes(apart: ApiServer) -> None:
    """A renewal, which the writer is told of by the database alone."""
    with apart.client(apart.token()) as caller:
        before = apart.signer.store.last_publication()
        found = caller.post("/api/v1/metadata/online", params=WAITING, json={"roles": ["snapshot"]})
        assert found.status_code == 200
        assert apart.signer.store.last_publication() != before


@FILE
def test_whoever_waits_too_long_hears_what_is_durable(living: OnlineSigner, moment: datetime) -> None:
    """The writer does nothing: 202 and the task, for changes and for everything else; it is out when it works again."""
    works = threading.Event()
    with (
        serving(living, moment, SHORT, works.is_set, is_apart=True) as server,
        server.client(server.token()) as caller,
    ):
        late = caller.post(ADD, params=WAITING, json={"artifacts": [artifact("demo")]})
        renewal = caller.post("/api/v1/metadata/online", params=WAITING, json={"roles": ["snapshot"]})
        assert (late.status_code, renewal.status_code) == (202, 202)
        works.set()
        wait_until(lambda: "demo" in living.targets())


@FILE
def test_what_goes_wrong_at_the_other_end_is_told_by_its_name(living: OnlineSigner, moment: datetime) -> None:
    """The database is away: 503; back again, and all is well. What nobody foresaw is a bug's own answer."""
    database = living.home.database
    with serving(living, moment, is_apart=True) as server, server.client(server.token()) as caller:
        assert caller.post(ADD, params=WAITING, json={"artifacts": [artifact("first")]}).status_code == 200
        database.rename(database.with_suffix(".away"))
        assert caller.post(ADD, json={"artifacts": [artifact("refused")]}).status_code == 503
        database.with_suffix(".away").rename(database)
        assert caller.post(ADD, params=WAITING, json={"artifacts": [artifact("demo")]}).status_code == 200
    assert {*living.targets()} == {"first", "demo"}


@FILE
def test_a_bug_at_the_other_end_has_its_traceback_kept(
    living: OnlineSigner, moment: datetime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the process that answers the caller, where all other tracebacks are; and the next call is answered."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(Figures, "text", lambda _figures: 1 / 0)
    with serving(living, moment, is_apart=True) as server, server.client(server.token()) as caller:
        assert caller.get("/metrics").status_code == 500
        assert caller.get("/readyz").status_code == 200
    (kept,) = tmp_path.rglob("online-*.txt")
    assert "ZeroDivisionError" in kept.read_text()


@contextmanager
def _alone(living: OnlineSigner, moment: datetime) -> Iterator[str]:
    """The API apart, beside which nobody publishes; this is its address."""
    figures = Figures(lambda: read_store(living.store, moment))
    around = Surroundings(lambda: moment, threading.Event(), _Deaf(), lambda _text: None, figures)
    settings = ApiSettings(listen=ANY_PORT)
    with waiting_front() as front, api_beside(living.store, living.home, settings, around, front) as beside:
        yield beside.addresses[0]


class _Deaf:
    """Nobody hears anything."""

    def published(self, publication: object) -> None:
        """This is out."""

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""


@FILE
def test_a_front_that_is_killed_ends_the_signer(living: OnlineSigner, moment: datetime) -> None:
    """Its service starts it again; the error says what happened."""

    def serve_until_killed() -> None:
        with _alone(living, moment) as address:
            assert httpx.get(f"http://{address}/healthz").status_code == 200
            (front,) = fronts()
            os.kill(front, signal.SIGKILL)
            wait_until(lambda: not fronts())

    with pytest.raises(StorageError) as raised:
        serve_until_killed()
    assert raised.value.reason == "ECHILD"


@FILE
def test_orders_of_the_system_are_for_the_signer_alone(living: OnlineSigner, moment: datetime) -> None:
    """A service manager sends SIGTERM to every process: the front goes on until the signer says so."""
    with _alone(living, moment) as address:
        assert httpx.get(f"http://{address}/healthz").status_code == 200
        (front,) = fronts()
        os.kill(front, signal.SIGTERM)
        os.kill(front, signal.SIGINT)
        assert httpx.get(f"http://{address}/healthz").status_code == 200
    assert fronts() == []
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        pass


@pytest.mark.parametrize(("said", "status"), [(b"", 0), (b"\x00\x00\x00\x02\x91\x05", 70)])
def test_a_front_that_is_told_nothing_ends(said: bytes, status: int) -> None:
    """And so does one that is told something else than what it is for."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(said)
        ours.shutdown(socket.SHUT_WR)
        command = [sys.executable, "-m", "ceremony.online.web.front_program"]
        done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status


@FILE
def test_what_cannot_be_served_is_told_to_whoever_starts_it(
    living: OnlineSigner, moment: datetime, tmp_path: Path
) -> None:
    """A certificate that is none."""
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    settings = ApiSettings(listen=ANY_PORT, tls=Tls(broken, broken))
    around = Surroundings(lambda: moment, threading.Event(), _Deaf(), lambda _text: None)
    with (
        pytest.raises(SettingsError, match=r"broken\.pem"),
        waiting_front() as front,
        api_beside(living.store, living.home, settings, around, front),
    ):
        pass


@FILE
def test_the_process_that_strangers_speak_to_has_no_key(living: OnlineSigner, moment: datetime) -> None:
    """Not anywhere in its memory, whichever way round its number is kept."""
    pem = living.home.private_key.read_bytes()
    private = load_pem_private_key(pem, None)
    assert isinstance(private, EllipticCurvePrivateKey)
    secret = private.private_numbers().private_value.to_bytes(32, "big")
    with _alone(living, moment) as address:
        assert httpx.get(f"http://{address}/readyz").status_code == 200
        (front,) = fronts()
        # What it does know is found.
        assert _knows(front, os.fsencode(living.home.folder))
        assert not any(_knows(front, each) for each in (secret, secret[::-1], pem.splitlines()[1]))


def _knows(process: int, what: bytes) -> bool:
    """True if this is in the memory of the process."""
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, mode, *_ = line.split()
            first, last = (int(each, 16) for each in place.split("-"))
            if mode.startswith("rw"):
                memory.seek(first)
                if what in memory.read(last - first):
                    return True
    return False


@FILE
@pytest.mark.parametrize("is_answering", [True, False])
def test_a_signer_that_is_killed_takes_its_front_along(living: OnlineSigner, *, is_answering: bool) -> None:
    """At once, whether it answers callers or has just been started; its address is free again."""
    program = ServingProgram(living.home.folder, living.scratch / "said")
    try:
        program.start()
        if is_answering:
            program.wait_answering()
        wait_until(lambda: bool(fronts(program.pid)))
        found = fronts(program.pid)
        program.kill()
        wait_until(lambda: not any(Path(f"/proc/{each}/exe").exists() for each in found))
        with socket.create_server(("127.0.0.1", program.port)):
            pass
    finally:
        program.end()
