"""What a signer needs that has a process of its own: from nothing to its first answer, and of memory under load."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import OURS, Comparison, Goal, Subject, figure_of
from benchmarks.fresh_start import children, share_of_memory
from benchmarks.stocked import moment
from benchmarks.targets_like_pypi import digest_of, length_of, path_of
from benchmarks.workshop import Workshop

from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import add_token

START = "start"
_MEBIBYTE = 1 << 20
_CALLERS = 64
_MOST_A_SECOND = 6_000
_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 0.002
_PROGRAM = "from ceremony.online.main import main; main()"


def alone(shop: Workshop, work: str) -> dict[str, Any]:
    """What a process of its own says that does this work with nothing but the publisher."""
    shop.signer.store.close()
    if work == "resign":
        shop.later += timedelta(days=60)
    command = [sys.executable, str(Path(__file__).with_name("fresh_start.py")), str(shop.signer.home.folder), work]
    done = subprocess.run(
        [*command, shop.later.isoformat(), str(shop.asked)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shop.asked += 2_000
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def restart(shop: Workshop, times: int, seconds: float) -> Iterator[Comparison]:
    """The daemon from the start of its process to its first answer, that an add is published; and then under load."""
    token = add_token(shop.signer.store, Grant("restart", frozenset({Scope.ADD})), None, moment())
    shop.signer.store.close()
    taken: list[float] = []
    shares: list[int] = []
    for turn in range(times):
        start = time.perf_counter()
        with _daemon(shop) as (daemon, port):
            _first_answer(shop, port, token)
            taken.append((time.perf_counter() - start) * 1000)
            if turn == times - 1:
                _load(shop, port, token, seconds)
                shares = [share_of_memory(each) for each in (str(daemon.pid), *children(daemon.pid))]
    figure = figure_of(OURS, taken)
    listed = " + ".join(f"{each / _MEBIBYTE:.0f}" for each in shares)
    note = f"{listed} MiB in its processes after {_CALLERS} callers at once for {seconds:g} s"
    memory = sum(shares)
    goals = Goal("start", figure.p50, 1_000, unit="ms"), Goal("memory under load", memory / _MEBIBYTE, 165, unit="MiB")
    title = f"start of the daemon to its first answer, {shop.targets:,} targets in {shop.bins:,} bins"
    yield Comparison(title, (figure,), "", note, Subject(START, shop.targets, shop.bins), memory, goals)


@contextlib.contextmanager
def _daemon(shop: Workshop) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The daemon, which may not be up yet, and the port where it will answer."""
    said = shop.folder / "restarted"
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
    home = str(shop.signer.home.folder)
    command = [sys.executable, "-c", _PROGRAM, "--home", home, "serve", "--listen", f"127.0.0.1:{port}"]
    with said.open("wb") as log:
        daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    try:
        yield daemon, port
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(_PATIENCE_SECONDS) == 0, said.read_text()[-2_000:]


def _first_answer(shop: Workshop, port: int, token: str) -> None:
    """The add that was asked for as soon as anybody listened is published."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as caller:
                caller.sendall(_request(shop.asked, token))
                answer = caller.recv(1 << 16)
        except ConnectionError:
            assert time.monotonic() < until
            time.sleep(_PAUSE_SECONDS)
            continue
        assert answer.startswith(b"HTTP/1.1 200"), answer
        shop.asked += 1
        return


def _request(number: int, token: str) -> bytes:
    info = {"length": length_of(number), "hashes": {"blake2b-256": digest_of(number)}}
    body = json.dumps({"artifacts": [{"path": path_of(number), "info": info}]})
    lines = ("POST /api/v1/artifacts/?wait=true HTTP/1.1", "Host: signer", "Content-Type: application/json")
    more = (f"Authorization: Bearer {token}", f"Content-Length: {len(body)}", "Connection: close", "", body)
    return "\r\n".join([*lines, *more]).encode()


def _load(shop: Workshop, port: int, token: str, seconds: float) -> None:
    most = int(_MOST_A_SECOND * seconds)
    program = str(Path(__file__).with_name("http_client.py"))
    command = [sys.executable, program, str(port), str(shop.asked), str(_CALLERS), str(seconds), str(most)]
    shop.asked += most
    done = subprocess.run(command, input=token, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
