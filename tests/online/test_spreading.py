"""Very many bins are made by whoever is there: the same bytes whoever makes them, and nobody has to be there."""

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes.machines import Machines, Watching, machines, see
from fakes.postgresql import PostgreSQL
from fakes.release import REPOSITORY, Wanted
from fakes.s3_server import S3Server, s3_server, use_s3
from sqlalchemy import text

from ceremony.core.plan import Bins
from ceremony.core.policy import Policy
from ceremony.errors import SettingsError, StorageError
from ceremony.online.bin_ranges import BinRange, put_range, ranges_of
from ceremony.online.commit import commit_next
from ceremony.online.creating_shelf import CreatingShelf
from ceremony.online.keyring import Keyring
from ceremony.online.lease import Hold, read_lease
from ceremony.online.main import verbs
from ceremony.online.postgresql import PostgresDatabase
from ceremony.online.renewal import ask_renewal
from ceremony.online.spreading import Spreading
from ceremony.online.work_queue import Hand, Standing, hand_out, run, standing_of, take_back
from ceremony.online.work_verbs import Worker

COUNT = 16
_JOBS = "SELECT count(*) FROM ceremony_work.procrastinate_jobs"


@pytest.fixture(scope="module")
def store() -> Iterator[S3Server]:
    """An S3 for all of these tests."""
    with s3_server() as made:
        yield made


@pytest.fixture
def shared(
    tmp_path: Path, postgres: PostgreSQL, store: S3Server, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machines]:
    """A signer that asks others for help with as few bins as it has, four at a time."""
    use_s3(monkeypatch, store.port)
    wanted = Wanted(now=moment, bins=Bins(COUNT, "succinct"))
    with machines(tmp_path, postgres.new_database(), store, wanted, moment) as made:
        monkeypatch.setattr("ceremony.online.publisher.VERY_MANY", 2)
        monkeypatch.setattr("ceremony.online.bin_ranges.RANGE", 4)
        yield made


@dataclass
class Helper:
    """A worker in this process: what it made, and what it was told; `mend` is asked before it makes anything."""

    shared: Machines
    mend: Callable[[BinRange], None] = lambda _what: None
    made: list[BinRange] = field(default_factory=list)
    troubles: list[StorageError] = field(default_factory=list)

    def put(self, what: BinRange) -> None:
        """The range is on the shelf."""
        self.mend(what)
        if put_range(self.shared.signer.store, shelf(self.shared), key(self.shared).online(), what, lambda _more: None):
            self.made.append(what)


def shelf(shared: Machines) -> CreatingShelf:
    """The shelf of all machines."""
    found = shared.signer.publisher.shelf
    assert isinstance(found, CreatingShelf)
    return found


def key(shared: Machines) -> Keyring:
    """The key of all machines."""
    return Keyring(shared.signer.home, shared.signer.store)


@contextmanager
def helping(helper: Helper) -> Iterator[Helper]:
    """The helper is there meanwhile."""
    database, over = helper.shared.signer.store.database, threading.Event()
    assert isinstance(database, PostgresDatabase)
    hand = Hand(database, helper.put)
    thread = threading.Thread(target=run, args=(hand, over.is_set, helper.troubles.append, 0.1))
    thread.start()
    try:
        see(lambda: bool(count(helper.shared, "SELECT count(*) FROM ceremony_work.procrastinate_workers")))
        yield helper
    finally:
        over.set()
        thread.join()


def count(shared: Machines, query: str) -> int:
    """What this query counts."""
    with shared.signer.store.reading() as connection:
        return int(connection.execute(text(query)).scalar_one())


def intend(shared: Machines, moment: datetime) -> int:
    """The number of a publication in which every bin is new: durable, and not out."""
    store = shared.signer.store
    with store.writing() as connection:
        ask_renewal(connection, ("bins",), moment)
    assert commit_next(store, moment, Policy())
    return count(shared, "SELECT max(number) FROM publications")


def handed(shared: Machines, publication: int) -> dict[int, BinRange]:
    """The ranges of this publication, in line."""
    with shared.signer.store.leading() as connection:
        ranges = ranges_of(publication, read_lease(connection).number, range(COUNT))
        return hand_out(connection, ranges)


def spreading(shared: Machines) -> Spreading:
    """Whoever publishes."""
    store = shared.signer.store
    return Spreading(store, shelf(shared), key(shared).online(), lambda _more: None)


def test_nobody_has_to_be_there(shared: Machines, moment: datetime) -> None:
    """Whoever publishes makes all of it, and leaves nothing in line."""
    intend(shared, moment)
    shared.signer.publisher.publish(moment)

    assert count(shared, _JOBS) == 0
    assert {each.version for each in shared.signer.store.bins()} == {2}
    assert Watching(shared).look(afresh=True) == ()


def test_others_make_what_they_take(shared: Machines, moment: datetime) -> None:
    """Whoever publishes waits for them, and clients take what they made."""
    publication = intend(shared, moment)
    there = threading.Event()
    with helping(Helper(shared, lambda _what: there.set())) as helper:
        handed(shared, publication)
        see(there.is_set)
        shared.signer.publisher.publish(moment)

    assert helper.made
    assert {each.publication for each in helper.made} == {publication}
    assert Watching(shared).look(afresh=True) == ()


def test_whoever_makes_a_range_makes_the_same(shared: Machines, moment: datetime) -> None:
    """So that twice is harmless."""
    publication = intend(shared, moment)
    everything = ranges_of(publication, 0, range(COUNT))
    counted: list[int] = []
    for _ in range(2):
        for each in everything:
            assert put_range(shared.signer.store, shelf(shared), key(shared).online(), each, counted.append)

    shared.signer.publisher.publish(moment)

    assert sum(counted) == 2 * COUNT
    assert all(len(found) == 1 for name, found in shared.bodies().items() if name != "timestamp.json")


@pytest.mark.parametrize("change", ["publication", "lease"])
def test_a_range_that_nobody_wants_any_more_is_dropped(shared: Machines, moment: datetime, change: str) -> None:
    """Of an earlier publication, or of an earlier lease: nothing is put."""
    publication = intend(shared, moment)
    (what, *_) = ranges_of(publication, 0, range(COUNT))
    if change == "lease":
        with shared.signer.store.writing() as connection:
            connection.exec_driver_sql("UPDATE lease SET number = number + 1")
    else:
        shared.signer.publisher.publish(moment)
    before = {*shelf(shared).names()}

    assert not put_range(shared.signer.store, shelf(shared), key(shared).online(), what, lambda _more: None)
    assert {*shelf(shared).names()} == before


def test_whoever_took_a_range_and_died_is_not_waited_for(shared: Machines, moment: datetime) -> None:
    """Nothing was heard of it for a while."""
    publication = intend(shared, moment)
    (number, *rest) = handed(shared, publication)
    with shared.signer.store.writing() as connection:
        connection.exec_driver_sql("SET LOCAL search_path TO ceremony_work")
        connection.exec_driver_sql(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
        )
        taken = text(
            "UPDATE procrastinate_jobs SET status = 'doing', "
            "worker_id = (SELECT max(id) FROM procrastinate_workers) WHERE id = :number"
        )
        connection.execute(taken, {"number": number})
    assert standing_of(shared.signer.store, [number, rest[0], 0]) == {
        number: Standing.LEFT,
        rest[0]: Standing.WAITING,
        0: Standing.DONE,
    }

    found = replace(spreading(shared), sleep=_never).put(publication, range(COUNT))

    assert found == {*range(COUNT)}


def test_whoever_lives_and_never_ends_is_waited_for_only_so_long(shared: Machines, moment: datetime) -> None:
    """Then whoever publishes does the rest."""
    publication = intend(shared, moment)
    over, taken, clock = threading.Event(), threading.Event(), [0.0]

    def stand(_what: BinRange) -> None:
        taken.set()
        over.wait(30)

    def sleep(seconds: float) -> None:
        clock[0] += 100 * seconds

    with helping(Helper(shared, stand)):
        handed(shared, publication)
        see(taken.is_set)
        publisher = replace(spreading(shared), seconds=lambda: clock[0], sleep=sleep)
        assert publisher.put(publication, range(COUNT)) == {*range(COUNT)}
        over.set()


def test_what_a_worker_cannot_make_somebody_else_does(shared: Machines, moment: datetime) -> None:
    """Three times it is put back; in the end whoever publishes makes it."""

    def fail(_what: BinRange) -> None:
        raise StorageError("online-key.pem", "ENOENT")

    intend(shared, moment)
    with helping(Helper(shared, fail)) as helper:
        shared.signer.publisher.publish(moment)

    assert not helper.made
    assert Watching(shared).look(afresh=True) == ()


@dataclass
class BrokenShelf:
    """A shelf that fails as no shelf should."""

    calls: int = 0

    def create(self, _files: object, _progress: object) -> None:
        """It has a mistake in it."""
        self.calls += 1
        raise ZeroDivisionError

    def names(self) -> Iterator[str]:
        """Nothing is there."""
        return iter(())


def test_what_nobody_foresaw_is_kept_and_somebody_else_does_it(shared: Machines, moment: datetime) -> None:
    """The queue swallows it; the worker's operator finds the traceback."""
    publication = intend(shared, moment)
    kept, broken = [], BrokenShelf()
    worker = Worker(shared.signer.store, broken, key(shared), lambda: kept.append(traceback.format_exc()))
    with helping(Helper(shared, worker.put)):
        handed(shared, publication)
        see(lambda: len(kept) == 4)
        assert spreading(shared).put(publication, range(COUNT)) == {*range(COUNT)}

    assert broken.calls >= 4
    assert all("ZeroDivisionError" in each for each in kept)


def test_ranges_come_with_the_transaction_that_hands_them_out(shared: Machines, moment: datetime) -> None:
    """Whoever loses the lease meanwhile has handed out nothing."""
    publication, store = intend(shared, moment), shared.signer.store
    with pytest.raises(StorageError) as refusal:
        _hand_out_too_late(shared, publication)

    assert refusal.value.reason == "ESTALE"
    assert count(shared, _JOBS) == 0
    first = handed(shared, publication)
    again = handed(shared, publication)
    assert [take_back(store, number) for number in (*first, *again)] == [False] * 4 + [True] * 4
    assert count(shared, _JOBS) == 0


def _hand_out_too_late(shared: Machines, publication: int) -> None:
    store = shared.signer.store
    store.hold = Hold("nobody", 99)
    try:
        handed(shared, publication)
    finally:
        store.hold = None


def test_a_database_that_is_away_is_waited_for(shared: Machines, postgres: PostgreSQL, moment: datetime) -> None:
    """Its connections end, and the worker is there again."""
    publication = intend(shared, moment)
    with helping(Helper(shared)) as helper:
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ceremony-online'"
        postgres.run(ends)
        handed(shared, publication)
        see(lambda: len(helper.made) == 4)


@pytest.mark.parametrize(("file", "named"), [("database.toml", "database.toml"), ("shelf.toml", "shelf.toml")])
def test_a_worker_needs_what_is_shared(shared: Machines, file: str, named: str) -> None:
    """It says which file is missing."""
    home = shared.home("worker")
    (home / file).unlink()
    if file == "database.toml":
        runner = CliRunner().invoke(verbs, ["--home", str(home), "init", "--repository", REPOSITORY, "--rehearsal"])
        assert runner.exit_code == 0

    refused = CliRunner().invoke(verbs, ["--home", str(home), "work"])

    assert isinstance(refused.exception, SettingsError)
    assert refused.exception.file.endswith(named)


def test_a_worker_needs_the_key(shared: Machines) -> None:
    """It says so at once, rather than when there is work to do."""
    home = shared.home("worker")
    (home / "online-key.pem").unlink()

    refused = CliRunner().invoke(verbs, ["--home", str(home), "work"])

    assert isinstance(refused.exception, StorageError)
    assert refused.exception.path.endswith("online-key.pem")


def _never(_seconds: float) -> None:
    raise AssertionError("nobody is waited for")
