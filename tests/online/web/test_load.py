"""Many callers at once over the same few paths: the real client finds what is said to be out, or what came after it."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256

import httpx
import pytest
from fakes.api_server import ApiServer, artifact
from fakes.polling_client import HttpFetcher, SeenFiles, look

ADD = "/api/v1/artifacts/"
DELETE = "/api/v1/artifacts/delete"
CALLERS = 32
TURNS = 5
PATHS = tuple(f"shared/{number}" for number in range(5))
WAIT = {"wait": "true"}


@dataclass(frozen=True, slots=True)
class Write:
    """What somebody made of a path, None where they removed it: asked for and told to be out at these times."""

    value: str | None
    asked: float
    told: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody found at a path, None where there was nothing, in a look that lasted from the one to the other."""

    path: str
    value: str | None
    began: float
    ended: float


@dataclass
class History:
    """All that was done, and all that was seen."""

    writes: dict[str, list[Write]] = field(default_factory=lambda: {path: [Write(None, -1, -1)] for path in PATHS})
    sights: list[Sight] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def explains(self, sight: Sight) -> bool:
        """True where some write gives what was seen that nobody had overwritten before the look began."""
        writes = self.writes[sight.path]
        ends = max((each.asked for each in writes if each.told < sight.began), default=-1)
        return any(it.value == sight.value and it.asked < sight.ended and it.told >= ends for it in writes)


@dataclass
class Caller:
    """Adds and removes at random, and looks with a client of their own after each success."""

    server: ApiServer
    client: httpx.Client
    history: History
    seen: SeenFiles
    number: int

    def call(self) -> list[int]:
        """The statuses of all answers."""
        chance = random.Random(self.number)  # noqa: S311  # which path is no secret
        return [self._turn(turn, chance.choice(PATHS), is_removal=chance.random() < 1 / 3) for turn in range(TURNS)]

    def _turn(self, turn: int, path: str, *, is_removal: bool) -> int:
        content = f"{self.number} {turn}".encode()
        value = None if is_removal else sha256(content).hexdigest()
        body: list[object] = [path] if is_removal else [artifact(path, content)]
        asked = time.monotonic()
        answer = self.client.post(DELETE if is_removal else ADD, params=WAIT, json={"artifacts": body})
        told = time.monotonic()
        with self.history.lock:
            if answer.status_code == 200:
                self.history.writes[path].append(Write(value, asked, told))
            else:
                # Whoever is told that there is nothing to remove has seen that there is nothing.
                self.history.sights.append(Sight(path, None, asked, told))
        if answer.status_code == 200:
            self._look(path)
        return answer.status_code

    def _look(self, path: str) -> None:
        began = time.monotonic()
        cache = self.server.signer.scratch / f"caller-{self.number}"
        root = self.server.signer.bundle.files[0].encode()
        fetcher = HttpFetcher(self.client, self.seen)
        found = look(f"{self.server.url}/metadata/", root, cache, fetcher, (path,))
        with self.history.lock:
            self.history.sights.append(Sight(path, found[path], began, time.monotonic()))


@pytest.mark.parametrize(
    ("sight", "is_explained"),
    [
        (Sight("shared/0", "one", 5, 6), True),
        (Sight("shared/0", None, 5, 6), False),
        (Sight("shared/0", "two", 5, 6), True),
        (Sight("shared/0", None, 1, 6), True),
        (Sight("shared/0", "one", 9, 10), False),
        (Sight("shared/0", "never", 9, 10), False),
        (Sight("shared/1", None, 9, 10), True),
    ],
)
def test_the_judge_knows_what_may_be_seen_when(sight: Sight, *, is_explained: bool) -> None:
    """What was overwritten before somebody looked is not to be seen; what is under way may be."""
    history = History()
    history.writes["shared/0"] += [Write("one", 2, 3), Write("two", 4, 8)]

    assert history.explains(sight) is is_explained


def test_whatever_is_said_to_be_out_is_found_by_the_real_client(server: ApiServer) -> None:
    """Or what came after it. No refusal but of removals of what is not there, and no version with two contents."""
    history, seen, token = History(), SeenFiles(), server.token()

    def call(number: int) -> list[int]:
        with server.client(token) as client:
            return Caller(server, client, history, seen, number).call()

    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = [status for found in pool.map(call, range(CALLERS)) for status in found]

    assert set(statuses) <= {200, 404}
    assert statuses.count(200) > len(statuses) / 2
    assert [each for each in history.sights if not history.explains(each)] == []
    assert seen.broken == []
    server.signer.follow()
