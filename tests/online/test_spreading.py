"""Very many bins are made by whoever is there: the same bytes whoever makes them, and nobody has to be there."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from fakes.machines import Machines, machines, see
from fakes.postgresql import PostgreSQL
from fakes.release import Wanted
from fakes.s3_server import S3Server, s3_server, use_s3
from sqlalchemy import text

from ceremony.core.plan import Bins
from ceremony.errors import CeremonyError, StorageError
from ceremony.online.bin_ranges import BinRange, put_range, ranges_of
from ceremony.online.creating_shelf import CreatingShelf
from ceremony.online.errand import leading_of
from ceremony.online.keyring import Keyring
from ceremony.online.lease import read_lease
from ceremony.online.next_key import Step
from ceremony.online.postgresql import PostgresDatabase
from ceremony.online.spreading import Spreading
from ceremony.online.store import Store
from ceremony.online.work_queue import Hand, Standing, hand_out, run, standing_of, take_back

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


def intend(shared: Machines, moment: datetime) -> tuple[int, tuple[int, ...]]:
    """A publication in which every bin is new is durable, and not out: its number, and those of its bins."""
    store = shared.signer.store
    number = count(shared, "SELECT max(number) + 1 FROM publications")
    with store.writing() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO publications SELECT {number}, at, fence, snapshot_version + 1, snapshot_expires, "
            f"timestamp_version + 1, timestamp_expires, 0, '', false FROM publications WHERE number = {number - 1}"
        )
        connection.exec_driver_sql(f"UPDATE bins SET version = version + 1, publication = {number}")
    return number, tuple(range(COUNT))


def spreading(shared: Machines) -> Spreading:
    """Whoever publishes."""
    store = shared.signer.store
    return Spreading(store, shelf(shared), key(shared).online(), lambda _more: None)
