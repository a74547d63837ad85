"""The queue of ranges that machines share: tasks of procrastinate, in the signer's own PostgreSQL, in their own schema.

Ranges come into line within a transaction of ours; whoever took one and died is told by a heartbeat that stopped.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum

from procrastinate import App, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.manager import JobManager
from psycopg import AsyncConnection, Error
from sqlalchemy import Connection, text

from ceremony.errors import CeremonyError, StorageError
from ceremony.online.bin_ranges import BinRange
from ceremony.online.postgresql import PostgresDatabase
from ceremony.online.store import Store

SCHEMA = "ceremony_work"
QUEUE = "bins"
TASK = "put_range"

BEAT_SECONDS = 2.0
DEAD_SECONDS = 10.0
"""A worker of whom nothing was heard for so long has died, or stands still."""

_TRIES = 3
_WAIT_SECONDS = 1
_POLL_SECONDS = 5.0
_CONNECTIONS = 3

_FORGET = f"""DELETE FROM {SCHEMA}.procrastinate_jobs WHERE queue_name = :queue AND (status <> 'doing' OR id NOT IN (
    SELECT job.id FROM {SCHEMA}.procrastinate_jobs AS job JOIN {SCHEMA}.procrastinate_workers AS worker
    ON worker.id = job.worker_id WHERE worker.last_heartbeat > now() - make_interval(secs => :dead)))"""  # noqa: S608  # no part of it is anybody's input
_STANDING = f"""SELECT job.id, job.status::text AS status,
    coalesce(worker.last_heartbeat > now() - make_interval(secs => :dead), false) AS is_alive
    FROM {SCHEMA}.procrastinate_jobs AS job LEFT JOIN {SCHEMA}.procrastinate_workers AS worker
    ON worker.id = job.worker_id WHERE job.id = ANY(:ids)"""  # noqa: S608  # the same

# What is of interest is told in this program's own log.
for _name in ("procrastinate", "psycopg.pool"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


class Standing(Enum):
    """How a range in the queue stands."""

    WAITING = "nobody has taken it, or whoever did has put it back"
    TAKEN = "somebody who lives is at it"
    LEFT = "whoever took it has died, or has given up"
    DONE = "it is in line no more"


def hand_out(connection: Connection, ranges: Sequence[BinRange]) -> dict[int, BinRange]:
    """By its number in the queue, each range is in line once the transaction is durable; what was before is not."""
    with _in_schema(connection):
        connection.execute(text(_FORGET), {"queue": QUEUE, "dead": DEAD_SECONDS})
        jobs = [_job(each) for each in ranges]
        found = _manager().batch_defer_jobs(jobs, connection=connection.connection.driver_connection)
    return {each.id or 0: what for each, what in zip(found, ranges, strict=True)}


def take_back(store: Store, number: int) -> bool:
    """True if nobody had taken this range; then nobody will.

    Raises: StorageError.
    """
    with store.touching() as connection, _in_schema(connection):
        driver = connection.connection.driver_connection
        return _manager().cancel_job_by_id(number, delete_job=True, connection=driver)


def standing_of(store: Store, numbers: Sequence[int]) -> Mapping[int, Standing]:
    """How each of these ranges stands.

    Raises: StorageError.
    """
    with store.reading() as connection:
        rows = connection.execute(text(_STANDING), {"ids": list(numbers), "dead": DEAD_SECONDS}).all()
    found = {row.id: _standing(row.status, is_alive=row.is_alive) for row in rows}
    return {number: found.get(number, Standing.DONE) for number in numbers}


@dataclass(frozen=True, slots=True)
class Hand:
    """Who takes ranges out of the queue of a database: `put` makes one, in a thread; it raises to put it back."""

    database: PostgresDatabase
    put: Callable[[BinRange], None]

    async def work(self) -> None:
        """One range after another is made, until this is cancelled; the one at hand is finished first.

        Raises: StorageError when the database has gone.
        """
        connector = PsycopgConnector(
            conninfo=self.database.address, configure=_configure, min_size=1, max_size=_CONNECTIONS, timeout=5
        )
        app = App(connector=connector)
        retry = RetryStrategy(max_attempts=_TRIES, wait=_WAIT_SECONDS, retry_exceptions=[CeremonyError])
        app.task(name=TASK, queue=QUEUE, retry=retry)(self._put)
        with self._told():
            async with app.open_async():
                await app.run_worker_async(
                    queues=[QUEUE],
                    fetch_job_polling_interval=_POLL_SECONDS,
                    delete_jobs=DeleteJobCondition.SUCCESSFUL,
                    install_signal_handlers=False,
                    update_heartbeat_interval=BEAT_SECONDS,
                    stalled_worker_timeout=DEAD_SECONDS,
                )
        # It ends by itself only where its connection did.
        raise StorageError(self.database.name, "ECONNRESET")

    def _put(self, publication: int, lease: int, first: int, last: int) -> None:
        self.put(BinRange(publication, lease, first, last))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Error as error:
            raise self.database.told(error) from error
        except ConnectorException as error:
            raise self.database.told(error.__cause__) from error


def run(
    hand: Hand, is_over: Callable[[], bool], troubled: Callable[[StorageError], None], pause_seconds: float
) -> None:
    """The hand works until `is_over`, which is asked ten times a second; when the database has gone, it tries again."""
    asyncio.run(_run(hand, is_over, troubled, pause_seconds))


async def _run(
    hand: Hand, is_over: Callable[[], bool], troubled: Callable[[StorageError], None], pause_seconds: float
) -> None:
    while not is_over():
        working = asyncio.create_task(hand.work())
        while not is_over() and not working.done():
            await asyncio.wait([working], timeout=0.1)
        if not working.done():
            working.cancel()
        try:
            await working
        except asyncio.CancelledError:
            return
        except StorageError as error:
            troubled(error)
        for _ in range(round(pause_seconds * 10)):
            if is_over():
                return
            await asyncio.sleep(0.1)


def _standing(status: str, *, is_alive: bool) -> Standing:
    if status == "todo":
        return Standing.WAITING
    if status == "doing":
        return Standing.TAKEN if is_alive else Standing.LEFT
    return Standing.DONE if status == "succeeded" else Standing.LEFT


def _job(what: BinRange) -> Job:
    name = f"{what.publication}/{what.lease}/{what.first}"
    return Job(queue=QUEUE, lock=name, queueing_lock=name, task_name=TASK, task_kwargs=asdict(what))


def _manager() -> JobManager:
    """What speaks to the queue over connections of ours; it has none of its own."""
    return JobManager(SyncPsycopgConnector())


@contextlib.contextmanager
def _in_schema(connection: Connection) -> Iterator[None]:
    # Its functions name their own tables without a schema.
    before = connection.execute(text("SELECT current_setting('search_path')")).scalar_one()
    set_path = text("SELECT set_config('search_path', :path, true)")
    connection.execute(set_path, {"path": SCHEMA})
    try:
        yield
    except ConnectorException as error:
        # As whoever holds the connection knows it.
        raise error.__cause__ or error from None
    connection.execute(set_path, {"path": before})


async def _configure(connection: AsyncConnection) -> None:
    await connection.execute(f"SET search_path TO {SCHEMA}".encode())
    await connection.commit()
