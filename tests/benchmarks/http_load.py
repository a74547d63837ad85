"""Adds over HTTP, each caller waiting until clients can see its own: the daemon as it is run, and callers beside it.

`over_http(shop, seconds)` measures, each load for so many seconds. Beside each stands the same work in process, done
before the daemon starts and after it has ended: what is above that is HTTP's. So does plain python-tuf, which adds one
target after another: how many seconds a machine has for an add, it says better than a clock.
"""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import OURS, PLAIN, Comparison, Figure, Goal, figure_of
from benchmarks.plain_tuf import PlainRepository
from benchmarks.stocked import moment
from benchmarks.workshop import Workshop

from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import add_token

IN_PROCESS = "in process"
MILLISECONDS = 1.0
RATES = {64: 2_500, 256: 3_500}
CALLERS = (1, *RATES)
PLAIN_SECONDS = 0.057
"""What plain python-tuf took for an add where so many adds a second became the goal."""

_MOST_A_SECOND = 6_000
_START_SECONDS = 60
_SETTLE_SECONDS = 2.0
_ADDRESS = re.compile(r"API at 127\.0\.0\.1:([0-9]+)")
_PROGRAM = "from ceremony.online.main import main; main()"


def over_http(shop: Workshop, seconds: float) -> Iterator[Comparison]:
    """One caller after whose answer the next call comes, then 64 of them, then 256."""
    token = add_token(shop.signer.store, Grant(f"load-{shop.asked}", frozenset({Scope.ADD})), None, moment())
    inside = {callers: _in_process(shop, callers, seconds) for callers in CALLERS}
    plain = shop.plain(shop.key("P-256"))
    alone = _plainly(shop, plain, seconds)
    shop.signer.store.close()
    with _serving(shop) as port:
        found = {callers: _load(shop, port, token, callers, seconds) for callers in CALLERS}
    for callers in CALLERS:
        inside[callers] += _in_process(shop, callers, seconds)
    plainly = figure_of(PLAIN, alone + _plainly(shop, plain, seconds))
    for callers, (milliseconds, rate) in found.items():
        beside = figure_of(IN_PROCESS, inside[callers])
        title = f"over HTTP, {callers:,} waiting, {shop.targets:,} targets in {shop.bins:,} bins"
        ours = figure_of(OURS, milliseconds)
        if callers == 1:
            goal = Goal("above in process", ours.p50 - beside.p50, MILLISECONDS, unit="ms")
            yield Comparison(title, (ours, beside, plainly)).reaching(goal)
            continue
        note = f"in process, {callers} at once, {callers * 1000 / beside.p50:,.0f} adds/s"
        note += f"; plain python-tuf, one after another, {1000 / plainly.p50:,.1f} adds/s"
        yield Comparison(title, (ours, beside), note=note).reaching(*_goals(callers, rate, plainly))


def _goals(callers: int, rate: float, plainly: Figure) -> tuple[Goal, Goal]:
    """How many adds a second there are to be, and how many times those of plain python-tuf that was."""
    times = Goal("times plain python-tuf", rate * plainly.p50 / 1000, RATES[callers] * PLAIN_SECONDS, is_least=True)
    return Goal("adds a second", rate, RATES[callers], is_least=True), times


def _plainly(shop: Workshop, plain: PlainRepository, seconds: float) -> list[float]:
    """The milliseconds of each add of plain python-tuf, for as long as the load lasts, halved."""
    taken: list[float] = []
    until = time.perf_counter() + seconds / 2
    while not taken or time.perf_counter() < until:
        targets = shop.plain_targets(1)
        start = time.perf_counter()
        plain.add(targets)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def _in_process(shop: Workshop, count: int, seconds: float) -> list[float]:
    """The milliseconds of each of so many adds at once, for as long as the load lasts, halved."""
    shop.add(shop.signer.publisher, 1)
    taken: list[float] = []
    until = time.perf_counter() + seconds / 2
    while not taken or time.perf_counter() < until:
        start = time.perf_counter()
        shop.add(shop.signer.publisher, count)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


@contextlib.contextmanager
def _serving(shop: Workshop) -> Iterator[str]:
    """The daemon serves meanwhile; this is its port."""
    said = shop.folder / "daemon"
    home = str(shop.signer.home.folder)
    command = [sys.executable, "-c", _PROGRAM, "--home", home, "serve", "--listen", "127.0.0.1:0"]
    with said.open("wb") as log:
        daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    try:
        yield _port(daemon, said)
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(_START_SECONDS) == 0, said.read_text()[-2_000:]


def _port(daemon: "subprocess.Popen[bytes]", said: Path) -> str:
    until = time.monotonic() + _START_SECONDS
    while (found := _ADDRESS.search(said.read_text())) is None:
        assert daemon.poll() is None, said.read_text()[-2_000:]
        assert time.monotonic() < until
        time.sleep(0.05)
    # It looks at everything once as it starts, and so does the real client.
    time.sleep(_SETTLE_SECONDS)
    return found[1]


def _load(shop: Workshop, port: str, token: str, callers: int, seconds: float) -> tuple[list[float], float]:
    """The milliseconds of every answer, and how many adds there were in a second."""
    program = str(Path(__file__).with_name("http_client.py"))
    most = int(_MOST_A_SECOND * seconds)
    command = [sys.executable, program, port, str(shop.asked), str(callers), str(seconds), str(most)]
    shop.asked += most
    # Callers begin with the last.
    shop.look_for(shop.asked - 1)
    done = subprocess.run(command, input=token, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["milliseconds"], len(found["milliseconds"]) / found["seconds"]
