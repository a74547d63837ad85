"""Change requests that are held: durable from the start, in line for the writer once somebody asks for it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select

from ceremony.core.plan import instant_text
from ceremony.errors import RefusedError
from ceremony.online.intake import Request, enter
from ceremony.online.number_ranges import Numbers, numbers_of
from ceremony.online.tables import HELD
from ceremony.online.tasks import extend_task

_PATHS_AT_ONCE = 500


def hold(connection: Connection, task_id: str, requests: Sequence[Request], now: datetime) -> None:
    """The requests of this task are held, if they keep the rules now.

    Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE).
    """
    trial = connection.begin_nested()
    try:
        release_paths(connection, [request.path for request in requests], now)
        enter(connection, requests, now)
    finally:
        trial.rollback()
    rows = [
        {"task": task_id, "path": each.path, "fragment": each.fragment, "received_at": instant_text(now)}
        for each in requests
    ]
    if rows:
        connection.execute(insert(HELD), rows)


def release_paths(connection: Connection, paths: Sequence[str], now: datetime) -> None:
    """Nothing is held for these paths: what was is in line, before whatever is asked next for the same path."""
    if connection.execute(select(HELD.c.number).limit(1)).first() is None:
        return
    wanted = [*dict.fromkeys(paths)]
    for start in range(0, len(wanted), _PATHS_AT_ONCE):
        query = select(HELD).where(HELD.c.path.in_(wanted[start : start + _PATHS_AT_ONCE]))
        _release(connection, connection.execute(query.order_by(HELD.c.number)).all(), now)


def release(connection: Connection, covers: Callable[[str], bool], now: datetime) -> Numbers:
    """Whatever is held for a path that `covers` is true of is in line; these are its numbers."""
    rows = connection.execute(select(HELD).order_by(HELD.c.number)).all()
    return _release(connection, [row for row in rows if covers(row.path)], now)


def _release(connection: Connection, rows: Sequence[Row[int, str, bytes | None]], now: datetime) -> Numbers:
    by_task: dict[str, list[int]] = {}
    for row in rows:
        numbers = by_task.setdefault(row.task, [])
        try:
            numbers += [ticket.number for ticket in enter(connection, [Request(row.path, row.fragment)], now)]
        except RefusedError:
            # It kept the rules when it was held: since then somebody else has removed what it was to remove.
            continue
    if rows:
        connection.execute(delete(HELD).where(HELD.c.number.in_([row.number for row in rows])))
    every = Numbers()
    for task_id, numbers in by_task.items():
        every |= numbers_of(numbers)
        extend_task(connection, task_id, numbers_of(numbers))
    return every
