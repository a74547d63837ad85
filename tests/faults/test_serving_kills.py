"""`kill -9` of a serving signer, whenever that may be: nothing acknowledged is lost, and clients never stumble.

The program is as in life, a process of its own that is asked over HTTP, only that it is loaded once. Each round starts
it, waits until all that was acknowledged is out, lets callers add, replace and remove, and kills it at a moment that
chance chooses. Real clients look all the while. `--kills` says how many rounds; `scripts/kill-test` has a thousand.
"""

import faulthandler
import functools
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fakes.forked_program import ForkedProgram
from fakes.ledger import Ledger
from fakes.online_signer import OnlineSigner, online_signer
from fakes.polling_client import FOLDER, Found, HttpFetcher, Poller, SeenFiles, ShelfFetcher, look, wait_until
from fakes.release import Wanted

from ceremony.core.plan import Bins
from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import add_token
from ceremony.online.errand import is_newest_out
from ceremony.online.intake import waiting_count

SLICE_KILLS, SLICE_LEAST, SLICE_SECONDS = 25, 5, 45.0
"""Where nobody asks for more: so many kills, and on a slow machine as many as so long allows, but never hardly any."""
TELLING = 50
"""After so many rounds a long run says how it stands."""

SEED = int(os.environ.get("CEREMONY_SEED", "") or time.time_ns() % 1_000_000)
BINS = 16
CALLERS = 3
PATHS = 12
ADD, DELETE = "/api/v1/artifacts/", "/api/v1/artifacts/delete"
MOMENT = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock

# A moment of the kill, and how often of a hundred times: while the program starts and finishes what was cut short;
# after some answers, at any time; right after somebody has asked, when requests and publications become durable.
MOMENTS = {"starting": 15, "serving": 40, "asked": 45}
_ANSWERS, _SERVING_SECONDS = 12, 0.03
_REQUESTS, _ASKED_SECONDS = 10, 0.012
_LONGEST_SECONDS = 170.0


def paths_of(caller: int) -> tuple[str, ...]:
    """The targets that this caller alone changes."""
    return tuple(f"demo/{caller}/{number}" for number in range(PATHS))


@dataclass
class Scene:
    """A signer under fire. `chance` decides moments and requests, the same for the same seed."""

    program: ForkedProgram
    signer: OnlineSigner
    token: str
    scratch: Path
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    seen: SeenFiles = field(default_factory=SeenFiles)
    tally: Counter[str] = field(default_factory=Counter)
    news: threading.Condition = field(default_factory=threading.Condition)
    failures: list[BaseException] = field(default_factory=list)
    start_seconds: list[float] = field(default_factory=list)

    @property
    def metadata(self) -> Path:
        """The folder that clients read."""
        return self.signer.home.repository / "metadata"

    @property
    def root(self) -> bytes:
        """The one that clients begin with."""
        return self.signer.bundle.files[0].encode()

    def call(self, number: int, seed: int) -> None:
        """A caller asks for one change after another, until nobody answers."""
        chance = random.Random(seed)  # noqa: S311  # the same requests each time
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            with httpx.Client(base_url=self.program.url, headers=headers, timeout=170) as client:
                while self._ask(client, number, chance):
                    time.sleep(chance.uniform(0, 0.02))
        except BaseException as error:  # noqa: BLE001  # told in the test's own thread
            self.failures.append(error)
            self._note("answers", _ANSWERS + _REQUESTS)

    def _note(self, what: str, count: int = 1) -> None:
        with self.news:
            self.tally[what] += count
            self.news.notify_all()

    def _await(self, what: str, more: int) -> None:
        """So many more of these have come."""
        with self.news:
            wanted = self.tally[what] + more
            assert self.news.wait_for(lambda: self.tally[what] >= wanted or self.failures, _LONGEST_SECONDS)

    def _ask(self, client: httpx.Client, number: int, chance: random.Random) -> bool:
        """False when nobody answered."""
        change = self._change(number, chance)
        is_waiting = chance.random() < 0.5
        self.ledger.ask({path: value for path, (value, _) in change.items()})
        values = {path: value for path, (value, _) in change.items()}
        self._note("requests")
        try:
            answer = self._send(client, change, is_waiting=is_waiting)
        except httpx.TransportError:
            self.ledger.doubt(values)
            return False
        assert answer.status_code in (200, 202), answer.text
        self.ledger.acknowledge(values, is_visible=answer.status_code == 200)
        self._note("answers")
        return True

    def _change(self, number: int, chance: random.Random) -> dict[str, tuple[str | None, int]]:
        paths = paths_of(number)
        standing = [path for path in paths if self.ledger.standing[path] is not None]
        kind = chance.random()
        if standing and kind < 0.25:
            return dict.fromkeys(chance.sample(standing, min(len(standing), chance.choice((1, 1, 3)))), (None, 0))
        # All of them at once change more bins than are synced one by one.
        some = chance.sample(paths, PATHS if kind > 0.92 else chance.choice((1, 1, 1, 3)))
        contents = {path: self.ledger.new_content() for path in some}
        return {path: (digest, length) for path, (length, digest) in contents.items()}

    def _send(
        self, client: httpx.Client, change: Mapping[str, tuple[str | None, int]], *, is_waiting: bool
    ) -> httpx.Response:
        parameters = {"wait": "true"} if is_waiting else {}
        if all(value is None for value, _ in change.values()):
            return client.post(DELETE, params=parameters, json={"artifacts": list(change)})
        told = [
            {"path": path, "info": {"length": length, "hashes": {"sha256": value}}}
            for path, (value, length) in change.items()
        ]
        return client.post(ADD, params=parameters, json={"artifacts": told})

    def round(self, kind: str) -> None:
        """The program is started, asked, and killed; what it left is as it should be."""
        began = time.monotonic()
        self.program.start()
        if kind == "starting":
            usual = sorted(self.start_seconds)[len(self.start_seconds) // 2] if self.start_seconds else 1.0
            time.sleep(self.chance.uniform(0.2, 2.5) * usual)
        else:
            self.program.wait_answering()
            self.start_seconds.append(time.monotonic() - began)
            self.settle()
            self._ask_and_kill(kind)
        self.program.kill()
        self.tally[kind] += 1
        self.check()

    def _ask_and_kill(self, kind: str) -> None:
        seeds = [self.chance.randrange(1 << 30) for _ in range(CALLERS)]
        callers = [threading.Thread(target=self.call, args=each) for each in enumerate(seeds)]
        for each in callers:
            each.start()
        # Moments go by what has happened, not by the clock alone: a busy machine is killed in the middle of things too.
        if kind == "serving":
            self._await("answers", self.chance.randint(1, _ANSWERS))
            time.sleep(self.chance.uniform(0, _SERVING_SECONDS))
        else:
            self._await("requests", self.chance.randint(1, _REQUESTS))
            time.sleep(self.chance.uniform(0, _ASKED_SECONDS))
        self.program.kill()
        for each in callers:
            each.join()

    def see_one(self) -> None:
        """A caller has waited for a change, and was told that clients see it."""
        headers = {"Authorization": f"Bearer {self.token}"}
        length, digest = self.ledger.new_content()
        path = paths_of(0)[0]
        self.ledger.ask({path: digest})
        with httpx.Client(base_url=self.program.url, headers=headers, timeout=170) as client:
            answer = self._send(client, {path: (digest, length)}, is_waiting=True)
        assert answer.status_code == 200, answer.text
        self.ledger.acknowledge({path: digest}, is_visible=True)

    def settle(self) -> None:
        """All that was acknowledged is out, and nothing lies beside it."""
        self.program.wait_answering()
        # In this order: what waits no longer is in a publication, which then is out.
        wait_until(lambda: not waiting_count(self.signer.store) and is_newest_out(self.signer.store))
        paths = tuple(path for number in range(CALLERS) for path in paths_of(number))
        cache = self.scratch / "settling"
        found = look(FOLDER, self.root, cache, ShelfFetcher(self.metadata, self.seen), paths)
        taken, left = self.ledger.settle(found)
        self.tally.update({"doubts that were taken in": taken, "doubts that were not": left})
        wait_until(lambda: not [each for each in self.metadata.iterdir() if each.name.startswith(".")])

    def check(self) -> None:
        """Nobody has found anything wrong so far."""
        if self.failures:
            raise self.failures[0]
        newest = json.loads((self.metadata / "timestamp.json").read_bytes())["signed"]["meta"]["snapshot.json"]
        # What was written lately is read again; all the rest at the very end.
        self.seen.note_folder(self.metadata, lambda name: int(name.partition(".")[0]) > newest["version"] - 50)
        assert self.seen.broken == []
        assert "Traceback" not in self.program.tail()


@contextmanager
def under_fire(folder: Path) -> Iterator[Scene]:
    """A signer with bins, and paths that nobody has added yet."""
    signer = online_signer(folder, Wanted(now=MOMENT, bins=Bins(BINS, "succinct")))
    signer.deliver(now=MOMENT)
    # A disk that others keep busy may take a minute over one sync: those who wait are to wait that long.
    (signer.home.folder / "api.toml").write_text("[limits]\nwait_seconds = 150\n")
    token = add_token(signer.store, Grant("cyd", frozenset(Scope)), None, MOMENT)
    program = ForkedProgram(signer.home.folder, folder / "said")
    scene = Scene(program, signer, token, folder, random.Random(SEED))  # noqa: S311  # told, so that it can be repeated
    for number in range(CALLERS):
        scene.ledger.add_paths(paths_of(number))
    try:
        yield scene
    finally:
        program.end()
        signer.store.close()


@contextmanager
def watched(scene: Scene) -> Iterator[list[Poller]]:
    """Real clients look meanwhile: fresh ones and one that stays, at the folder and over HTTP."""
    chance = random.Random(SEED)  # noqa: S311  # the same paths each time
    every = [path for number in range(CALLERS) for path in paths_of(number)]
    client = httpx.Client(timeout=5)

    def poller(name: str, *, is_fresh: bool, is_http: bool) -> Poller:
        floors: dict[str, int] = {}

        def before() -> tuple[str, ...]:
            floors.update(scene.ledger.floors())
            return tuple(chance.sample(every, 3))

        def judge(found: Found) -> None:
            scene.ledger.check_seen(found, floors)

        base = f"{scene.program.url}/metadata/" if is_http else FOLDER
        fetcher = HttpFetcher(client, scene.seen) if is_http else ShelfFetcher(scene.metadata, scene.seen)
        return Poller(name, scene.root, scene.scratch / name, is_fresh, lambda: base, lambda: fetcher, before, judge)

    pollers = [
        poller("comes afresh to the folder", is_fresh=True, is_http=False),
        poller("stays at the folder", is_fresh=False, is_http=False),
        poller("comes afresh over HTTP", is_fresh=True, is_http=True),
    ]
    for each in pollers:
        each.start()
    try:
        yield pollers
    finally:
        for each in pollers:
            each.stop()
        client.close()


def test_a_kill_at_any_moment_loses_nothing_and_no_client_stumbles(tmp_path: Path, kills: int) -> None:
    """Clients find every change as it was acknowledged, and each version with the same bytes for ever."""
    if kills:
        # Whatever is waited for has a deadline of its own, and all of it together takes as long as it takes.
        faulthandler.cancel_dump_traceback_later()
    with under_fire(tmp_path) as scene, watched(scene) as pollers:
        for number in _rounds(kills):
            scene.round(scene.chance.choices(list(MOMENTS), list(MOMENTS.values()))[0])
            assert [each.failure for each in pollers] == [None] * len(pollers)
            if number % TELLING == 0:
                _tell(scene, pollers)

        scene.program.start()
        scene.settle()
        scene.see_one()
        wait_until(lambda: all(each.looks or each.failure for each in pollers))
        assert scene.program.stop() == 0
    scene.seen.note_folder(scene.metadata)
    _tell(scene, pollers)
    assert scene.seen.broken == []
    assert [each.failure for each in pollers] == [None] * len(pollers)
    assert scene.ledger.confirmed
    assert scene.program.tail().endswith("Everything that was acknowledged is published. Stopped.\n")


def _rounds(kills: int) -> Iterator[int]:
    """The numbers of the rounds, from 1 on: as many as were asked for, or a slice of a minute."""
    began = time.monotonic()
    for number in range(1, (kills or SLICE_KILLS) + 1):
        if not kills and number > SLICE_LEAST and time.monotonic() - began > SLICE_SECONDS:
            return
        yield number


def _tell(scene: Scene, pollers: list[Poller]) -> None:
    starts = sorted(scene.start_seconds) or [0.0]
    rounds = sum(scene.tally[each] for each in MOMENTS)
    looks = ", ".join(f"{each.name} {each.looks} (and {each.away} to nobody)" for each in pollers)
    tell = functools.partial(print, flush=True)
    tell(f"\nseed {SEED}, {rounds} kills: {dict(scene.tally)}")
    tell(f"acknowledged {scene.ledger.acknowledged}, {scene.ledger.confirmed} of them visible")
    tell(f"versioned files {len(scene.seen.digests)}; looks: {looks}")
    tell(f"start to first connection: {starts[0]:.2f} to {starts[-1]:.2f} s, half below {starts[len(starts) // 2]:.2f}")
