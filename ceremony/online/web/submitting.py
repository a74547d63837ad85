"""A submission in a transaction: in line, held, or found to be a repetition."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ceremony.errors import RefusedError
from ceremony.online.held import hold, release, release_paths
from ceremony.online.intake import Entrance, Place, enter
from ceremony.online.intake_rows import IntakeRows, TaskRow
from ceremony.online.number_ranges import Numbers, numbers_of
from ceremony.online.renewal import ask_renewal
from ceremony.online.tasks import Kind, Task, extend_task, record_task, repeated_task, task_row
from ceremony.online.web.desk import Receipt, Submission


def takes_quickly(rows: IntakeRows, submissions: Sequence[Submission]) -> int:
    """How many of these submissions, from the first on, have nothing to be looked after but their changes."""
    has_held = rows.has_held()
    named: set[tuple[str, str]] = set()
    for count, each in enumerate(submissions):
        if not each.is_plain or (has_held and any(rows.holds(request.path) for request in each.requests)):
            return count
        if each.key is not None:
            name = (each.grant.name, each.key)
            if name in named or rows.has_task(*name):
                return count
            named.add(name)
    return len(submissions)


def enter_quickly(rows: IntakeRows, submissions: Sequence[Submission], now: datetime) -> list[Receipt | RefusedError]:
    """What became of each of these once the transaction is durable; of one that is refused nothing is there."""
    entrance = Entrance(rows, [request.path for each in submissions for request in each.requests], now)
    judged = [_judged(entrance, each) for each in submissions]
    entrance.write()
    outcomes: list[Receipt | RefusedError] = []
    tasks: list[TaskRow] = []
    for submission, places in zip(submissions, judged, strict=True):
        if isinstance(places, RefusedError):
            outcomes.append(places)
            continue
        numbers = numbers_of(place.ticket.number for place in places)
        task = Task(submission.task_id, submission.kind, submission.grant.name, now, numbers)
        tasks.append(task_row(task, submission.key, submission.digest))
        outcomes.append(Receipt(task))
    if tasks:
        rows.insert_tasks(tasks)
    return outcomes


def outcome(connection: Connection, submission: Submission, now: datetime) -> Receipt | RefusedError:
    """What became of any submission once the caller's transaction is durable; of one that is refused, nothing."""
    try:
        with connection.begin_nested():
            return record(connection, submission, now)
    except RefusedError as refusal:
        return refusal


def record(connection: Connection, submission: Submission, now: datetime) -> Receipt:
    """The submission is in line, held or repeated, once the caller's transaction is durable.

    Raises: RefusedError, and then the caller undoes all of it.
    """
    if submission.is_continued:
        return Receipt(extend_task(connection, submission.task_id, _enter(connection, submission, now)))
    if submission.key is not None:
        found = repeated_task(connection, submission.grant.name, submission.key, submission.digest)
        if found is not None:
            return Receipt(found, is_repeated=True)
    numbers = numbers_of(()) if submission.is_held else _enter(connection, submission, now)
    renewal = ask_renewal(connection, submission.roles, now) if submission.roles else None
    task = Task(
        submission.task_id,
        submission.kind,
        submission.grant.name,
        now,
        numbers,
        renewal=renewal,
        note=submission.note,
    )
    record_task(connection, task, submission.key, submission.digest)
    if submission.is_held:
        hold(connection, submission.task_id, submission.requests, now)
    return Receipt(task)


def _enter(connection: Connection, submission: Submission, now: datetime) -> Numbers:
    if submission.kind is Kind.PUBLISH:
        return release(connection, submission.grant.covers, now)
    release_paths(connection, [request.path for request in submission.requests], now)
    return numbers_of(ticket.number for ticket in enter(connection, submission.requests, now))


def _judged(entrance: Entrance, submission: Submission) -> tuple[Place, ...] | RefusedError:
    try:
        return entrance.judge(submission.requests)
    except RefusedError as refusal:
        return refusal
