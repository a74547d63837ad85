"""One publishes at a time, on whichever machine; whoever was thought dead and comes back changes nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.errors import StorageError
from ceremony.online.fence import Fence
from ceremony.online.home import Home
from ceremony.online.intake import are_published
from ceremony.online.leading import Leading
from ceremony.online.lease import Hold, read_lease
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.tables import PUBLICATIONS

_PATIENCE_SECONDS = 60
SHARED = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def lease_of(signer: OnlineSigner) -> Hold:
    """Who holds the lease."""
    with signer.store.reading() as connection:
        return read_lease(connection)


def test_each_holder_has_a_higher_number(signer: OnlineSigner) -> None:
    """Than the one before, and than the one that the shelf knows."""
    leading, numbers = Leading(signer.home, signer.store, signer.shelf), []
    for _ in range(2):
        with leading.writing():
            numbers.append(lease_of(signer).number)
    signer.shelf.raise_fence(40)
    with leading.writing():
        numbers.append(lease_of(signer).number)

    assert numbers == [1, 2, 41]


def test_the_number_is_in_the_intent(signer: OnlineSigner) -> None:
    """Of each publication."""
    with Leading(signer.home, signer.store, signer.shelf).writing():
        signer.deliver()

    with signer.store.reading() as connection:
        assert [row.fence for row in connection.execute(PUBLICATIONS.select())] == [1]


@SHARED
def test_another_machine_waits_for_the_end_of_a_lease(signer: OnlineSigner, tmp_path: Path) -> None:
    """It has a home of its own, so that no lock of files keeps it away."""
    other = Leading(Home(tmp_path / "other"), signer.store, signer.shelf)
    (tmp_path / "other").mkdir()

    with Leading(signer.home, signer.store, signer.shelf).writing(), other.trying_to_write() as is_writer:
        assert not is_writer
    with other.trying_to_write() as is_writer:
        assert is_writer


@dataclass
class Rests:
    """A pause that counts, and says stop after so many."""

    most: int
    taken: int = 0

    def rest(self, _timeout: float) -> bool:
        """True once it is enough."""
        self.taken += 1
        return self.taken >= self.most


@dataclass
class AwayShelf:
    """A shelf that is out of reach so many times."""

    times: int

    def fence(self) -> int:
        """Nobody has published."""
        if self.times:
            self.times -= 1
            raise StorageError("s3://shelf", "ETIMEDOUT")
        return 0

    def raise_fence(self, number: int) -> None:
        """It is taken."""


@SHARED
def test_whoever_stands_by_outlives_a_shelf_that_is_away(signer: OnlineSigner) -> None:
    """It says so once, and publishes when the shelf is back."""
    rests, troubles = Rests(10), list[StorageError]()

    with Leading(signer.home, signer.store, AwayShelf(3)).awaiting(rests, troubles.append) as is_leading:
        assert is_leading
        holder = lease_of(signer).holder

    assert (rests.taken, [each.reason for each in troubles]) == (3, ["ETIMEDOUT"])
    assert holder
    assert lease_of(signer).holder == ""


@SHARED
def test_whoever_stands_by_asks_nothing_of_the_shelf_and_stops_when_told(signer: OnlineSigner, tmp_path: Path) -> None:
    """Each look at an object store costs money."""
    (tmp_path / "other").mkdir()
    other, troubles = Leading(Home(tmp_path / "other"), signer.store, AwayShelf(9)), list[StorageError]()

    with (
        Leading(signer.home, signer.store, signer.shelf).writing(),
        other.awaiting(Rests(5), troubles.append) as is_leading,
    ):
        assert not is_leading

    assert not troubles


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_on_one_machine_nobody_stands_by(signer: OnlineSigner) -> None:
    """There another writer is a mistake, and a shelf that is away told at once."""
    with pytest.raises(StorageError) as refusal:
        _stand_by(signer)

    assert refusal.value.reason == "ETIMEDOUT"


def _stand_by(signer: OnlineSigner) -> None:
    with Leading(signer.home, signer.store, AwayShelf(1)).awaiting(Rests(1), lambda _error: None):
        raise AssertionError("nobody may publish")


def test_whoever_lost_the_lease_records_no_publication(signer: OnlineSigner) -> None:
    """The database says so in the very transaction."""
    with Leading(signer.home, signer.store, signer.shelf).writing():
        signer.deliver()
        ticket = signer.ask("demo", b"content")
        with signer.store.writing() as connection:
            connection.exec_driver_sql("UPDATE lease SET number = number + 1")
        publisher = replace(signer.publisher, shelf=_NoFolder(signer.shelf))
        with pytest.raises(StorageError) as refusal:
            publisher.publish(NOW)

    assert refusal.value.reason == "ESTALE"
    assert not are_published(signer.store, [ticket])


class _NoFolder:
    """A shelf that is taken for no folder: what is published to it goes the long way."""

    def __init__(self, shelf: DirectoryShelf) -> None:
        self.prepare, self.read, self.put = shelf.prepare, shelf.read, shelf.put


def test_a_shelf_takes_nothing_under_a_lower_number(tmp_path: Path) -> None:
    """What is published stays as it is."""
    old, new = DirectoryShelf(tmp_path, 1), DirectoryShelf(tmp_path, 2)
    old.raise_fence(1)
    old.prepare()
    old.put([("timestamp.json", b"old")], lambda _done: None)
    new.raise_fence(2)
    new.put([("timestamp.json", b"new")], lambda _done: None)

    with pytest.raises(StorageError) as refusal:
        old.put([("timestamp.json", b"old")], lambda _done: None)
    with pytest.raises(StorageError):
        old.raise_fence(1)

    assert refusal.value.reason == "ESTALE"
    assert new.read("timestamp.json") == b"new"


def test_whoever_is_between_look_and_name_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A while; then the newcomer says so, and tries again later."""
    monkeypatch.setattr("ceremony.online.fence._WAIT_SECONDS", 0.0)
    with Fence(tmp_path / ".fence").passing(1), pytest.raises(StorageError) as refusal:
        Fence(tmp_path / ".fence").raise_to(2)

    assert refusal.value.reason == "EBUSY"


@pytest.fixture
def machines(living: OnlineSigner, tmp_path: Path) -> tuple[Path, Path]:
    """The homes of two machines with one database, one key and one shelf."""
    first, second = living.home.folder, tmp_path / "second"
    second.mkdir()
    for name in ("online-key.pem", "database.toml"):
        (second / name).write_bytes((first / name).read_bytes())
        (second / name).chmod(0o600)
    (second / "repository").symlink_to(first / "repository")
    return first, second


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Starts a serving process for a home; none is left afterwards."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(home: Path) -> subprocess.Popen[bytes]:
        code = "import sys; from ceremony.online.main import main; sys.argv[0] = 'ceremony-online'; main()"
        command = [sys.executable, "-c", code, "--home", home, "serve"]
        with (tmp_path / f"{home.name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOME": str(tmp_path)})
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def see(is_so: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() < begun + _PATIENCE_SECONDS, "it never was"
        time.sleep(0.05)
    return time.monotonic() - begun


@SHARED
def test_another_machine_takes_over_from_one_that_died(
    living: OnlineSigner,
    machines: tuple[Path, Path],
    start: Callable[[Path], subprocess.Popen[bytes]],
    moment: datetime,
) -> None:
    """Within seconds, and what was acknowledged meanwhile is published."""
    first = start(machines[0])
    see(lambda: lease_of(living).holder != "")
    start(machines[1])
    first.kill()
    first.wait()
    ticket = living.ask("demo", b"content", moment)

    seconds = see(lambda: are_published(living.store, [ticket]))

    assert seconds < 20
    assert living.follow("demo") == {"demo": b"content"}


@SHARED
def test_one_that_stood_still_and_wakes_up_publishes_nothing(
    living: OnlineSigner,
    machines: tuple[Path, Path],
    start: Callable[[Path], subprocess.Popen[bytes]],
    moment: datetime,
) -> None:
    """It ends; the client that was there all the while sees nothing go back."""
    first = start(machines[0])
    see(lambda: lease_of(living).holder != "")
    was = lease_of(living).number
    first.send_signal(signal.SIGSTOP)
    start(machines[1])
    ticket = living.ask("demo", b"content", moment)
    see(lambda: are_published(living.store, [ticket]))
    assert living.stay("demo") == {"demo": b"content"}

    first.send_signal(signal.SIGCONT)
    more = living.ask("more", b"other", moment)
    see(lambda: are_published(living.store, [more]))

    assert first.wait(_PATIENCE_SECONDS) == 7
    assert lease_of(living).number == was + 1
    assert living.stay("demo", "more") == {"demo": b"content", "more": b"other"}
