"""Bad days of a serving signer, in a process of its own: nothing acknowledged is lost, and it goes on when they end."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from fakes.api_server import artifact
from fakes.odd_key import REFUSING, SLOW, WELL, WRONG, OddKey
from fakes.online_signer import OnlineSigner, online_signer, reopened
from fakes.polling_client import FOLDER, SeenFiles, ShelfFetcher, look, wait_until
from fakes.release import REPOSITORY, Wanted, release
from fakes.serving_program import PROGRAM, ServingProgram

from ceremony.core.plan import Bins
from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import add_token
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.intake import waiting_count

SOON = "import ceremony.online.service as service; service.TROUBLE_MOST_SECONDS = 2.0"
"""Of a minute after which a signer tries again at the latest."""

MOMENT = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
ADD = "/api/v1/artifacts/"


@dataclass
class Serving:
    """A serving signer, and one who calls it. `acknowledged` are the paths of whatever got a good answer."""

    signer: OnlineSigner
    program: ServingProgram
    token: str
    acknowledged: list[str] = field(default_factory=list)

    def add(self, *paths: str, wait: bool = False) -> int:
        """The status of the answer to one request for targets at these paths."""
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"artifacts": [artifact(path) for path in paths]}
        parameters = {"wait": "true"} if wait else {}
        answer = httpx.post(f"{self.program.url}{ADD}", params=parameters, json=body, headers=headers, timeout=170)
        if answer.status_code in (200, 202):
            self.acknowledged += paths
        return answer.status_code

    def readiness(self) -> tuple[int, list[str]]:
        """What a load balancer hears, and why."""
        answer = httpx.get(f"{self.program.url}/readyz", timeout=30)
        told = answer.json()
        # Where nobody can look at all, it is a problem document.
        return answer.status_code, told["reasons"] if "reasons" in told else [told["title"]]

    def status(self, *words: str) -> str:
        """What the operator reads."""
        command = [sys.executable, "-c", f"{self.program.first}; {PROGRAM}"]
        command += ["--home", str(self.signer.home.folder), "status", *words]
        surroundings = self.program.surroundings()
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
        return done.stdout or done.stderr

    def is_listed(self, *paths: str) -> bool:
        """True when the real client, starting from root 1, finds all of these."""
        root, cache = self.signer.bundle.files[0].encode(), self.signer.scratch / "looking"
        shutil.rmtree(cache, ignore_errors=True)
        fetcher = ShelfFetcher(self.signer.home.repository / "metadata", SeenFiles())
        return all(look(FOLDER, root, cache, fetcher, paths).values())

    def wait_for_all(self) -> None:
        """Clients find all that was acknowledged, and nothing lies beside it."""
        wait_until(lambda: self.is_listed(*self.acknowledged))
        wait_until(lambda: not self.signer.leftovers())


@contextmanager
def serving(signer: OnlineSigner, first: str = SOON) -> Iterator[Serving]:
    """It serves, once its release is delivered."""
    signer.deliver(now=MOMENT)
    # A disk that others keep busy may take a minute over one sync: those who wait are to wait that long.
    (signer.home.folder / "api.toml").write_text("[limits]\nwait_seconds = 150\n")
    token = add_token(signer.store, Grant("ann", frozenset(Scope)), None, MOMENT)
    program = ServingProgram(signer.home.folder, signer.scratch / "said", first=first)
    try:
        program.start()
        program.wait_answering()
        yield Serving(signer, program, token)
    finally:
        program.end()
        signer.store.close()


@pytest.fixture
def key(tmp_path: Path) -> OddKey:
    """A key in a service."""
    return OddKey(tmp_path / "service")


@pytest.fixture
def with_odd_key(tmp_path: Path, key: OddKey) -> Iterator[Serving]:
    """A signer whose online key is in that service."""
    home = Home(tmp_path / "home")
    wish = Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True, key_uri=key.uri, public_key=key.public_key)
    key_file = initialise(home, wish)
    wanted = Wanted(now=MOMENT, bins=Bins(16, "succinct"))
    with serving(
        reopened(home, tmp_path, release(key_file.key, wanted), key_file), f"import fakes.odd_key; {SOON}"
    ) as found:
        yield found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four mebibytes for all that the signer has; only root can make one."""
    with _mounted(tmp_path / "disk", "size=4m") as disk:
        yield disk


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("may not mount a small disk here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_key_that_refuses_is_told_of_and_loses_nothing(with_odd_key: Serving, key: OddKey) -> None:
    """The signer acknowledges, says what is wrong to whoever asks, and publishes once the key signs again."""
    assert with_odd_key.add("before", wait=True) == 200
    key.be(REFUSING)

    assert with_odd_key.add("one") == 202
    wait_until(lambda: with_odd_key.readiness()[0] == 503)
    assert with_odd_key.add("two") == 202
    (reason,) = with_odd_key.readiness()[1]
    assert reason.startswith("nothing can be published since ")
    said = with_odd_key.status()
    assert "Caution: nothing can be published since" in said
    assert "AccessDeniedError" in said
    assert json.loads(with_odd_key.status("--json"))["trouble"]["detail"].endswith("(AccessDeniedError).")
    assert with_odd_key.is_listed("before")
    assert not with_odd_key.is_listed("one")

    key.be(WELL)
    with_odd_key.wait_for_all()
    wait_until(lambda: with_odd_key.readiness() == (200, []))
    assert json.loads(with_odd_key.status("--json"))["trouble"] is None
    assert with_odd_key.program.stop() == 0


def test_a_key_that_refuses_from_the_start_stops_nobody_from_asking(with_odd_key: Serving, key: OddKey) -> None:
    """Killed while the key refuses, and started again: what was acknowledged waits."""
    key.be(REFUSING)
    assert with_odd_key.add("one") == 202
    wait_until(lambda: with_odd_key.readiness()[0] == 503)
    with_odd_key.program.kill()
    with_odd_key.program.start()
    with_odd_key.program.wait_answering()

    assert with_odd_key.add("two") == 202
    assert with_odd_key.readiness()[0] == 503

    key.be(WELL)
    with_odd_key.wait_for_all()


def test_a_wrong_signature_is_never_published(with_odd_key: Serving, key: OddKey) -> None:
    """The signer stops, with the status of bytes that lie; once the key is right, it goes on where it was."""
    before = with_odd_key.signer.shelved()
    key.be(WRONG)

    assert with_odd_key.add("one") == 202
    assert with_odd_key.program.wait() == 4
    after = with_odd_key.signer.shelved()
    assert {name: data for name, data in after.items() if not name.startswith(".")} == before
    assert "does not verify" in with_odd_key.program.tail()

    key.be(WELL)
    with_odd_key.program.start()
    with_odd_key.program.wait_answering()
    with_odd_key.wait_for_all()


@pytest.mark.parametrize("times", [1, 2])
def test_an_order_to_stop_in_the_middle_lets_the_publication_end(
    with_odd_key: Serving, key: OddKey, times: int
) -> None:
    """Whoever waits is answered, everything acknowledged is out, and the status is 0, however often it is said."""
    key.be(SLOW)
    answers: list[int] = []
    caller = threading.Thread(
        target=lambda: answers.append(with_odd_key.add(*(f"slow/{number}" for number in range(40)), wait=True))
    )
    caller.start()
    # Half-written files lie there: it is in the middle of it.
    wait_until(lambda: bool(with_odd_key.signer.leftovers()))
    for _ in range(times):
        with_odd_key.program.tell_to_stop()
    assert with_odd_key.program.wait() == 0
    caller.join()

    assert answers == [200]
    assert with_odd_key.is_listed(*with_odd_key.acknowledged)
    assert with_odd_key.signer.leftovers() == []
    assert with_odd_key.program.tail().endswith("Everything that was acknowledged is published. Stopped.\n")


def test_a_second_writer_on_one_home_is_refused(with_odd_key: Serving) -> None:
    """In a sentence, and the first notices nothing."""
    second = ServingProgram(with_odd_key.signer.home.folder, with_odd_key.signer.scratch / "second")
    second.first = with_odd_key.program.first
    second.start()

    assert second.wait() == 7
    assert "Another program is using it" in second.tail()
    assert "Traceback" not in second.tail()
    assert with_odd_key.add("one", wait=True) == 200


def test_a_full_disk_while_serving_costs_time_and_nothing_else(small_disk: Path, tmp_path: Path) -> None:
    """Callers get a refusal or an acknowledgement; with room again, whatever was acknowledged is out."""
    signer = online_signer(small_disk, Wanted(now=MOMENT))
    signer.scratch = tmp_path
    with serving(signer) as found:
        assert found.add("before", wait=True) == 200
        answers = set()
        for room in range(0, 72, 8):
            filler = small_disk / f"filler {room}"
            _fill(small_disk, filler, room)
            answers |= {found.add(f"full/{room}/{number}") for number in range(6)}
            assert found.is_listed("before")
            filler.unlink()
            assert found.add(f"between/{room}", wait=True) == 200

        assert answers <= {202, 503, 507}
        assert len(answers) > 1
        found.wait_for_all()
        assert found.program.stop() == 0


def _fill(disk: Path, filler: Path, room: int) -> None:
    with filler.open("wb", buffering=0) as file:
        left = shutil.disk_usage(disk).free - room * 1024
        while left > 0:
            left -= file.write(bytes(min(left, 4096)))


def test_a_shelf_that_can_only_be_read_for_a_while_costs_time_alone(tmp_path: Path) -> None:
    """It is told, requests are acknowledged all the same, and out once the shelf can be written again."""
    signer = online_signer(tmp_path, Wanted(now=MOMENT))
    with _mounted(signer.home.repository, "size=4m") as shelf, serving(signer) as found:
        assert found.add("before", wait=True) == 200
        wait_until(lambda: _remount(shelf, "ro"))

        assert found.add("one") == 202
        wait_until(lambda: found.readiness()[0] == 503)
        assert "EROFS" in found.status()
        assert found.is_listed("before")

        assert _remount(shelf, "rw")
        found.wait_for_all()
        assert found.program.stop() == 0


def _remount(folder: Path, how: str) -> bool:
    return subprocess.run(["mount", "-o", f"remount,{how}", folder], capture_output=True, check=False).returncode == 0


IMPATIENT = f"import ceremony.online.sqlite_file as file; file.BUSY_SECONDS = 0.5; {SOON}"
"""Of half a minute for which a signer waits until another program has let go of its database."""


@contextmanager
def _held(database: Path) -> Iterator[sqlite3.Connection]:
    """Another program has it open."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        yield other


def test_a_database_that_another_program_holds_costs_time_alone(tmp_path: Path) -> None:
    """Nobody is told that it was kept what was not; what waits is out as soon as the other has let go."""
    signer = online_signer(tmp_path, Wanted(now=MOMENT))
    (signer.home.folder / "settings.toml").write_text("window_seconds = 3\n")
    with serving(signer, IMPATIENT) as found, _held(signer.home.database) as other:
        assert found.add("before", wait=True) == 200
        _hold_while_something_waits(found, other)

        assert found.add("refused") == 503
        wait_until(lambda: found.readiness()[0] == 503)
        said = found.status()
        assert "Another program holds the signer's database" in said
        assert "A signer that serves goes on by itself then" in said
        assert found.is_listed("before")

        other.execute("ROLLBACK")
        found.wait_for_all()
        wait_until(lambda: found.readiness() == (200, []))
        assert not found.is_listed("refused")
        assert found.program.stop() == 0


def _hold_while_something_waits(found: Serving, other: sqlite3.Connection) -> None:
    """The other holds the database, and a change that was acknowledged is not published yet."""
    for number in count():
        assert found.add(f"waiting/{number}") == 202
        other.execute("BEGIN IMMEDIATE")
        if waiting_count(found.signer.store):
            return
        other.execute("ROLLBACK")


def test_a_database_that_was_moved_away_is_missed_at_once(tmp_path: Path) -> None:
    """What would be kept in a file without a name is refused; the signer goes on by itself once the file is back."""
    with serving(online_signer(tmp_path, Wanted(now=MOMENT))) as found:
        database, away = found.signer.home.database, tmp_path / "away.db"
        assert found.add("before", wait=True) == 200
        database.rename(away)

        wait_until(lambda: found.readiness()[0] == 503)
        assert found.add("refused") == 503
        assert found.add("refused", wait=True) == 503
        assert "There is no signer's database" in found.status()
        assert "put the same file back" in found.program.tail()
        assert found.is_listed("before")
        assert not database.exists()

        away.rename(database)
        wait_until(lambda: found.readiness() == (200, []))
        assert found.add("one", wait=True) == 200
        found.wait_for_all()
        assert not found.is_listed("refused")
        assert found.program.stop() == 0


def test_a_database_that_another_file_has_replaced_ends_the_signer(tmp_path: Path) -> None:
    """With the status of bytes that lie: what it has open nobody would find again."""
    with serving(online_signer(tmp_path, Wanted(now=MOMENT))) as found:
        assert found.add("before", wait=True) == 200
        before = found.signer.shelved()
        shutil.copy(found.signer.home.database, tmp_path / "copy.db")
        (tmp_path / "copy.db").replace(found.signer.home.database)

        assert found.program.wait() == 4
        assert "another file than the one that this process has open" in found.program.tail()
        assert found.signer.shelved() == before


@pytest.fixture
def with_many_bins(tmp_path: Path) -> Iterator[Serving]:
    """A signer with so many bins that a helper takes its share; it has one since its last publication."""
    with serving(online_signer(tmp_path, Wanted(now=MOMENT, bins=Bins(2048, "succinct")))) as found:
        assert found.add(*_many(0), wait=True) == 200
        yield found


def _many(turn: int) -> tuple[str, ...]:
    return tuple(f"many/{turn}/{number}" for number in range(4_000))


def _helpers(found: Serving) -> list[int]:
    children = _children(found.program.pid)
    return [each for each in children if b"press_program" in Path(f"/proc/{each}/cmdline").read_bytes()]


def _in_background(act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        except httpx.TransportError:
            return

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_helper_that_is_killed_is_not_missed(with_many_bins: Serving) -> None:
    """In the middle of a publication, which comes out whole."""
    helpers = _helpers(with_many_bins)
    assert len(helpers) == 1

    asking = _in_background(lambda: with_many_bins.add(*_many(1), wait=True))
    wait_until(lambda: len(with_many_bins.signer.leftovers()) > 40)
    subprocess.run(["kill", "-9", str(helpers[0])], check=True)
    asking.join()

    assert len(with_many_bins.acknowledged) == 8_000
    assert with_many_bins.is_listed(*_many(1)[:20])
    assert with_many_bins.signer.leftovers() == []
    assert with_many_bins.program.stop() == 0


def test_a_writer_that_is_killed_leaves_no_helper_and_nothing_half_written(with_many_bins: Serving) -> None:
    """Neither the helper's process nor any file of its outlives the recovery."""
    (helper,) = _helpers(with_many_bins)
    asking = _in_background(lambda: with_many_bins.add(*_many(1)))
    wait_until(lambda: len(with_many_bins.signer.leftovers()) > 40)
    with_many_bins.program.kill()
    asking.join()
    wait_until(lambda: _is_gone(helper))

    with_many_bins.program.start()
    with_many_bins.program.wait_answering()
    wait_until(lambda: with_many_bins.is_listed(*_many(1)[:20]))
    wait_until(lambda: not with_many_bins.signer.leftovers())
    assert with_many_bins.program.stop() == 0
