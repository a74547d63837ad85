"""Requests become durable change requests: what is acknowledged here will be published, whatever happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, func, select

from ceremony.core.artifact_rules import ARTIFACT_RULES, ArtifactCase
from ceremony.core.plan import instant_text
from ceremony.core.request_rules import PATH_RULES, REQUEST_RULES, RequestCase
from ceremony.core.strict_json import Json
from ceremony.online.bins import bin_of, render_fragment
from ceremony.online.intake_driver import rows_of
from ceremony.online.intake_rows import IntakeRows
from ceremony.online.shelf import Artifact
from ceremony.online.store import Store
from ceremony.online.tables import CHANGES, PUBLICATIONS


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for: this entry at this path, or none at all."""

    path: str
    fragment: bytes | None

    @property
    def key(self) -> str:
        """The same for equal requests alone."""
        return sha256(b"remove" if self.fragment is None else b"add " + self.fragment).hexdigest()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A durable change request; `is_repeated` when an equal one had come before and stood last for its path."""

    number: int
    path: str
    is_repeated: bool


def add_request(path: str, artifact: Artifact, custom: Json = None) -> Request:
    """A request for the target `path` with the content of `artifact`.

    Raises: RefusedError for a path that breaks a rule.
    """
    PATH_RULES.check(path)
    return Request(path, render_fragment(path, artifact.length, {"sha256": artifact.sha256}, custom))


def told_request(path: str, case: ArtifactCase) -> Request:
    """A request for the target `path`, of whose content the signer knows what it is told, and no more.

    Raises: RefusedError for a path, or what is told, that breaks a rule.
    """
    PATH_RULES.check(path)
    ARTIFACT_RULES.check(case)
    return Request(path, render_fragment(path, case.bytes_long, case.small_hashes, case.custom))


def remove_request(path: str) -> Request:
    """A request that `path` be no target any more.

    Raises: RefusedError for a path that breaks a rule.
    """
    PATH_RULES.check(path)
    return Request(path, None)


def take_in(store: Store, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    """A ticket for each request, in order; all of them are durable, or none.

    A request that equals the last one for its path is that one: repeating it is harmless.
    Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE); StorageError.
    """
    with store.entering() as rows:
        return _enter(rows, requests, now)


def enter(connection: Connection, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    """The same in a transaction of the caller's, who has to undo it all if one of them is refused.

    Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE).
    """
    return _enter(rows_of(connection), requests, now)


def are_published(store: Store, tickets: Sequence[Ticket]) -> bool:
    """True when clients can see what every one of these tickets asked for."""
    out = PUBLICATIONS.c.is_published & (PUBLICATIONS.c.number == CHANGES.c.publication)
    query = select(func.count()).select_from(CHANGES.join(PUBLICATIONS, out))
    with store.reading() as connection:
        return all(
            connection.execute(query.where(CHANGES.c.number == ticket.number)).scalar_one() for ticket in tickets
        )


def waiting_count(store: Store) -> int:
    """How many change requests wait for their publication."""
    query = select(func.count()).select_from(CHANGES).where(CHANGES.c.publication.is_(None))
    with store.reading() as connection:
        return connection.execute(query).scalar_one()


def _enter(rows: IntakeRows, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    together: dict[str, tuple[tuple[str, bytes | None], ...]] = {}
    for request in requests:
        together[request.path] = (*together.get(request.path, ()), (request.path, request.fragment))
    count, received_at = rows.bin_count(), instant_text(now)
    return tuple(_take_in(rows, request, together[request.path], count, received_at) for request in requests)


def _take_in(
    rows: IntakeRows, request: Request, together: tuple[tuple[str, bytes | None], ...], count: int, received_at: str
) -> Ticket:
    key, last = request.key, rows.last_change(request.path)
    if last is not None and last.key == key:
        return Ticket(last.number, request.path, is_repeated=True)
    found = last.fragment if last is not None else _standing(rows, request, count)
    REQUEST_RULES.check(RequestCase(request.path, request.fragment, found, together, count > 0))
    number = rows.insert(key, request.path, request.fragment, received_at)
    return Ticket(number, request.path, is_repeated=False)


def _standing(rows: IntakeRows, request: Request, count: int) -> bytes | None:
    # Whoever adds may do so whatever is there: only for a removal does anybody ask.
    if count == 0 or request.fragment is not None:
        return None
    return rows.standing(request.path, bin_of(request.path, count))
