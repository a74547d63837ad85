"""Tasks: what somebody asked of the API at once, and how far it has come, worked out each time from what is durable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, Table, func, insert, or_, select, update

from ceremony.core.plan import instant_text
from ceremony.errors import RefusedError
from ceremony.online.intake_rows import TaskRow
from ceremony.online.number_ranges import Numbers, decode_numbers
from ceremony.online.store import Store, instant_of
from ceremony.online.tables import CHANGES, DELIVERIES, HELD, PROJECT_FILES, PROJECTS, PUBLICATIONS, RENEWALS, TASKS

PATHS_MAX = 1_000
"""How many paths a task tells of."""

_NUMBERS_AT_ONCE = 500


class Kind(StrEnum):
    """What was asked, in the words of Repository Service for TUF."""

    ADD = "add_artifacts"
    REMOVE = "remove_artifacts"
    PUBLISH = "publish_artifacts"
    SETTINGS = "update_settings"
    RENEW = "force_online_metadata_update"
    OFFER = "metadata_update"
    SIGN = "sign_metadata"
    WITHDRAW = "delete_sign_metadata"
    REGISTER = "register_projects"
    UPLOAD = "upload_project_metadata"
    LEAVE = "remove_projects"


class State(StrEnum):
    """How far a task has come: it waits, its publication is being written, clients see it, or it was refused."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    ERRORED = "ERRORED"


_THROUGH = (State.SUCCESS, State.ERRORED)


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody asked at once. `delivery`, `renewal` and `upload` are what it waits for beside its change requests.

    `leaving` are registrations of projects that are to end. `note` tells what is known of it from the start.
    """

    id: str
    kind: Kind
    maker: str
    received_at: datetime
    numbers: Numbers = field(default_factory=Numbers)
    delivery: int | None = None
    renewal: int | None = None
    note: str = ""
    upload: int | None = None
    leaving: Numbers = field(default_factory=Numbers)

    @property
    def is_plain(self) -> bool:
        """True when it waits for its change requests alone."""
        return self.delivery is None and self.renewal is None and self.upload is None and not self.leaving.ranges

    @property
    def may_be_refused(self) -> bool:
        """True when the writer, who judges once more, may refuse what was acknowledged."""
        return self.delivery is not None or self.upload is not None


@dataclass(frozen=True, slots=True)
class TaskStanding:
    """How a task stands. `added` and `removed` are its first paths, `refusal` is the writer's, "" if it took it in."""

    task: Task
    state: State
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refusal: str = ""


def repeated_task(connection: Connection, maker: str, key: str, digest: str) -> Task | None:
    """The task that this maker asked for under this key before, None if there is none.

    Raises: RefusedError (KEY-SAME) if something else was asked under that key.
    """
    found = connection.execute(select(TASKS).where(TASKS.c.maker == maker, TASKS.c.key == key)).one_or_none()
    if found is not None and found.digest != digest:
        raise RefusedError("KEY-SAME", f"another request under the Idempotency-Key {key[:64]}", "the same request")
    return None if found is None else _task(found)


def record_task(connection: Connection, task: Task, key: str | None = None, digest: str = "") -> None:
    """The task is known, once the caller's transaction is durable."""
    row = {
        "id": task.id,
        "kind": task.kind.value,
        "maker": task.maker,
        "received_at": instant_text(task.received_at),
        "key": key,
        "digest": digest,
        "numbers": task.numbers.encode(),
        "delivery": task.delivery,
        "renewal": task.renewal,
        "note": task.note,
        "upload": task.upload,
        "leaving": task.leaving.encode() or None,
    }
    connection.execute(insert(TASKS).values(row))


def task_row(task: Task, key: str | None, digest: str) -> TaskRow:
    """The row of a task that waits for its change requests alone."""
    received_at, numbers = instant_text(task.received_at), task.numbers.encode()
    return TaskRow(task.id, task.kind.value, task.maker, received_at, key, digest, numbers)


def extend_task(connection: Connection, task_id: str, more: Numbers) -> Task:
    """The task has these change requests too.

    Raises: RefusedError (TASK-KNOWN).
    """
    task = read_task(connection, task_id)
    numbers = task.numbers | more
    connection.execute(update(TASKS).where(TASKS.c.id == task_id).values(numbers=numbers.encode()))
    return read_task(connection, task_id)


def read_task(connection: Connection, task_id: str) -> Task:
    """The task of this id.

    Raises: RefusedError (TASK-KNOWN).
    """
    # Not every text is one to a database.
    known = select(TASKS).where(TASKS.c.id == task_id)
    found = connection.execute(known).one_or_none() if task_id.isalnum() and task_id.isascii() else None
    if found is None:
        raise RefusedError("TASK-KNOWN", f"no task {task_id[:64]}", "the id of a task of this signer")
    return _task(found)


def stand(store: Store, task_id: str) -> TaskStanding:
    """How the task of this id stands.

    Raises: RefusedError (TASK-KNOWN); StorageError.
    """
    with store.reading() as connection:
        task = read_task(connection, task_id)
        last = last_published(connection)
        states = [_state_of_changes(connection, task, last), *_states_of_others(connection, task, last)]
        added, removed = _paths(connection, task.numbers)
        refusal = _refusal(connection, task)
    state = State.ERRORED if refusal else min(states, key=list(State).index)
    return TaskStanding(task, state, added, removed, refusal)


def last_published(connection: Connection) -> int:
    """The number of the newest publication that is out, 0 if none is."""
    query = select(func.max(PUBLICATIONS.c.number)).where(PUBLICATIONS.c.is_published)
    return connection.execute(query).scalar() or 0


def covered(store: Store) -> int:
    """The number of a change request up to which clients see all of them; 0 if they see none.

    Each publication takes in whatever waits up to some number, so that what is out has no gaps.
    Raises: StorageError.
    """
    with store.reading() as connection:
        out = select(CHANGES.c.number).where(CHANGES.c.publication <= last_published(connection))
        return connection.execute(out.order_by(CHANGES.c.number.desc()).limit(1)).scalar() or 0


def finished(store: Store, tasks: Sequence[Task]) -> frozenset[str]:
    """The ids of those of these tasks that are through: clients see them, or the writer refused them.

    Raises: StorageError.
    """
    plain = [task for task in tasks if task.is_plain]
    others = {task.id for task in tasks if not task.is_plain if stand(store, task.id).state in _THROUGH}
    with store.reading() as connection:
        last = last_published(connection)
        singles = _published_singles(connection, plain, last)
        done = {task.id for task in plain if _is_out(connection, task.numbers, last, singles)}
    return frozenset(done | others)


def _published_singles(connection: Connection, tasks: Sequence[Task], last: int) -> frozenset[int]:
    # Most tasks are one change request: those are looked up together.
    wanted = [first for task in tasks for first, end in task.numbers.ranges if first == end]
    found: set[int] = set()
    for start in range(0, len(wanted), _NUMBERS_AT_ONCE):
        chunk = wanted[start : start + _NUMBERS_AT_ONCE]
        query = select(CHANGES.c.number).where(CHANGES.c.number.in_(chunk), CHANGES.c.publication <= last)
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def _is_out(connection: Connection, numbers: Numbers, last: int, singles: frozenset[int]) -> bool:
    return all(
        first in singles if first == end else _first_not_out(connection, (first, end), last) is None
        for first, end in numbers.ranges
    )


def _first_not_out(connection: Connection, within: tuple[int, int], last: int) -> Row[int, int | None] | None:
    query = select(CHANGES.c.number, CHANGES.c.publication).where(
        CHANGES.c.number.between(*within), or_(CHANGES.c.publication.is_(None), CHANGES.c.publication > last)
    )
    return connection.execute(query.order_by(CHANGES.c.number.desc()).limit(1)).one_or_none()


def _state_of_changes(connection: Connection, task: Task, last: int) -> State:
    if connection.execute(select(HELD.c.number).where(HELD.c.task == task.id).limit(1)).first() is not None:
        return State.PENDING
    late = [_first_not_out(connection, each, last) for each in task.numbers.ranges]
    waiting = [each for each in late if each is not None]
    if not waiting:
        return State.SUCCESS
    return State.PENDING if any(each.publication is None for each in waiting) else State.STARTED


def _states_of_others(connection: Connection, task: Task, last: int) -> list[State]:
    places: tuple[tuple[Table, int | None], ...] = (
        (DELIVERIES, task.delivery),
        (RENEWALS, task.renewal),
        (PROJECT_FILES, task.upload),
    )
    states = []
    for table, number in places:
        if number is not None:
            publication = connection.execute(
                select(table.c.publication).where(table.c.number == number)
            ).scalar_one_or_none()
            states.append(_state_at(publication, last))
    for number in task.leaving:
        until = connection.execute(select(PROJECTS.c.until).where(PROJECTS.c.number == number)).scalar_one_or_none()
        states.append(_state_at(until, last))
    return states


def _state_at(publication: int | None, last: int) -> State:
    if publication is None:
        return State.PENDING
    return State.SUCCESS if publication <= last else State.STARTED


def _refusal(connection: Connection, task: Task) -> str:
    query = select(DELIVERIES.c.refusal).where(DELIVERIES.c.number == task.delivery)
    if task.upload is not None:
        query = select(PROJECT_FILES.c.refusal).where(PROJECT_FILES.c.number == task.upload)
    return (connection.execute(query).scalar_one_or_none() or "") if task.may_be_refused else ""


def _paths(connection: Connection, numbers: Numbers) -> tuple[tuple[str, ...], tuple[str, ...]]:
    added: list[str] = []
    removed: list[str] = []
    query = select(CHANGES.c.path, CHANGES.c.fragment.is_(None).label("is_gone"))
    for first, last in numbers.ranges:
        room = PATHS_MAX - len(added) - len(removed)
        rows = connection.execute(query.where(CHANGES.c.number.between(first, min(last, first + room - 1))))
        for row in rows:
            (removed if row.is_gone else added).append(row.path)
    return tuple(added), tuple(removed)


def _task(row: Row[str]) -> Task:
    return Task(
        row.id,
        Kind(row.kind),
        row.maker,
        instant_of(row.received_at),
        decode_numbers(row.numbers),
        row.delivery,
        row.renewal,
        row.note,
        row.upload,
        decode_numbers(row.leaving or ""),
    )
