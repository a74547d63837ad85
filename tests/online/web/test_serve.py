"""The program itself: `ceremony-online serve --listen`, in a process of its own, from start to SIGTERM."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from fakes.api_server import artifact
from fakes.online_signer import OnlineSigner
from fakes.polling_client import wait_until

from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import add_token

ADD = "/api/v1/artifacts/"
PROGRAM = "from ceremony.online.main import main; main()"


@contextmanager
def program(home: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program serving, and what it has said up to where its API is."""
    command = [sys.executable, "-c", PROGRAM, "--home", str(home), "serve", *words]
    both = subprocess.STDOUT
    environment = {**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=both, text=True, env=environment) as serving:
        assert serving.stdout is not None
        said = ""
        for line in serving.stdout:
            said += line
            if "API at" in line or "Now:" in line:
                break
        try:
            yield serving, said
        finally:
            if serving.poll() is None:
                serving.kill()


def url_in(said: str) -> str:
    """Where it listens."""
    found = re.search(r"API at (\S+)", said)
    assert found, said
    return f"http://{found[1]}"


def test_a_signer_serves_stops_when_told_and_loses_nothing(living: OnlineSigner, moment: datetime) -> None:
    """Whoever waits when SIGTERM comes is answered; what was acknowledged is published; no secret was said."""
    token = add_token(living.store, Grant("ann", frozenset(Scope)), None, moment)
    answers: list[int] = []
    with program(living.home.folder, "--listen", "127.0.0.1:0") as (serving, said):
        url = url_in(said)
        headers = {"Authorization": f"Bearer {token}"}

        def add(number: int) -> None:
            for turn in range(50):
                body = {"artifacts": [artifact(f"demo/{number}/{turn}")]}
                try:
                    answer = httpx.post(f"{url}{ADD}", params={"wait": "true"}, json=body, headers=headers, timeout=30)
                except httpx.TransportError:
                    return
                answers.append(answer.status_code)

        callers = [threading.Thread(target=add, args=(number,)) for number in range(4)]
        for each in callers:
            each.start()
        wait_until(lambda: len(answers) >= 20)
        serving.send_signal(signal.SIGTERM)
        for each in callers:
            each.join()
        assert serving.stdout is not None
        rest = serving.stdout.read()
        assert serving.wait(20) == 0

    assert set(answers) == {200}
    assert len(living.targets()) >= len(answers)
    assert rest.endswith("Stopped.\n")
    assert "Traceback" not in said + rest
    assert token[17:] not in said + rest
    living.follow()


def test_an_open_api_is_said_loudly(living: OnlineSigner) -> None:
    """At the start, before anybody can call it."""
    (living.home.folder / "api.toml").write_text('listen = ["127.0.0.1:0"]\nopen_writes = "loopback"\n')
    with program(living.home.folder) as (serving, said):
        assert serving.stdout is not None
        assert "THE API IS OPEN" in serving.stdout.readline()
        assert httpx.post(f"{url_in(said)}{ADD}", json={"artifacts": [artifact("demo")]}).status_code == 202


@pytest.mark.parametrize(
    ("settings", "status", "told"),
    [
        ('listen = ["192.0.2.1:80"]\nplain_text = true\n', 7, "192.0.2.1:80"),
        ('listen = ["127.0.0.1:0"]\n[tls]\ncertificate = "/missing.crt"\nkey = "/missing.key"\n', 7, "/missing.crt"),
        ('listen = ["127.0.0.1:0"]\nopened = true\n', 2, "opened"),
    ],
)
def test_a_signer_that_cannot_be_reached_as_it_should_does_not_start(
    living: OnlineSigner, settings: str, status: int, told: str
) -> None:
    """It says why, and ends."""
    (living.home.folder / "api.toml").write_text(settings)
    with program(living.home.folder) as (serving, said):
        assert serving.stdout is not None
        rest = serving.stdout.read()
        assert serving.wait(20) == status
    assert told in said + rest


@pytest.mark.parametrize("address", ["0.0.0.0:8080", "example.org", "127.0.0.1:http", "unix:api.sock"])
def test_what_the_command_line_opens_is_judged_like_a_settings_file(living: OnlineSigner, address: str) -> None:
    """No address of the world without TLS."""
    with program(living.home.folder, "--listen", address) as (serving, said):
        assert serving.wait(20) == 2
    assert address in said


def test_without_an_address_there_is_no_api(living: OnlineSigner) -> None:
    """As before."""
    command = [sys.executable, "-c", PROGRAM, "--home", str(living.home.folder), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        first = serving.stdout.readline()
        serving.send_signal(signal.SIGTERM)
        rest = serving.stdout.read()
    assert (serving.returncode, "API" in first + rest) == (0, False)
